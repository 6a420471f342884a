/// What the engine wants done: datagrams to send, streams to work on, events and results of pings to publish.
///
/// One outbox serves one node for life. The driver empties it after every call, keeping the capacity that usual calls need, so that a
/// warm engine allocates nothing per packet but in steps of many.
package struct Outbox {
  /// One datagram: `bytes[range]` of the arena, to be sealed for `receiver` and sent to `endpoint`.
  package struct Transmit: Sendable {
    package var receiver: NodeID
    package var endpoint: Endpoint
    package var range: Range<Int>
  }

  package enum StreamAction: Sendable {
    /// Open a connection. `expected` is `.unknown` when any holder of the key will do (a seed).
    case dial(StreamID, Endpoint, expected: NodeID)
    /// Send `bytes[range]` as exactly one frame, at most `StreamLimits.frameBytes` long.
    case write(StreamID, Range<Int>)
    /// Send what was written, then close. The engine hears nothing more about this stream.
    case close(StreamID)
    /// Look a host name up; answer with `resolved`.
    case resolve(ResolveID, host: String, port: UInt16)
  }

  package internal(set) var bytes: [UInt8] = []
  package internal(set) var transmits: [Transmit] = []
  package internal(set) var streamActions: [StreamAction] = []
  package internal(set) var events: [Event] = []
  package internal(set) var handovers: [StreamHandover] = []
  package internal(set) var pingResults: [PingResult] = []
  /// What must survive a restart has changed: write it down, and perform `memoryKept` with its version when it is safe from a crash.
  package internal(set) var memory: (version: UInt64, content: CoordinationMemory)?

  /// What most calls ask for at most. The memory of a burst is given back: a node that joins asks for pages and for hundreds of events, and
  /// never again.
  private static let keptBytes = 4_096
  private static let keptCount = 32

  package init() {}

  package var isEmpty: Bool {
    transmits.isEmpty && streamActions.isEmpty && events.isEmpty && handovers.isEmpty && pingResults.isEmpty
      && memory == nil
  }

  /// Lends a part of the arena.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
    body(bytes.rawSpan.extracting(range))
  }

  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
    Self.clear(&transmits)
    Self.clear(&streamActions)
    // Rare, and the driver still holds them.
    events = []
    Self.clear(&handovers)
    Self.clear(&pingResults)
    memory = nil
  }

  private static func clear<Element>(_ array: inout [Element]) {
    array.removeAll(keepingCapacity: array.capacity <= keptCount)
  }
}

/// What the messenger has to know of connections: mostly a stream that the engine has nothing more to do with, and that is the messenger's
/// from now on.
///
/// Carried out after the events of the same outbox, so that the messenger knows who is a member first.
package enum StreamHandover: Sendable, Equatable {
  /// What `openChannel` has dialled is ready.
  case opened(StreamID, NodeID)
  /// `openChannel` has come to nothing.
  case failed(NodeID)
  /// A member, or a client, has connected for messages; its first frame is `bytes[hello]`.
  case accepted(StreamID, NodeID, hello: Range<Int>, isClient: Bool)
  /// To a client: a member that it has dialled does not take it.
  case refused(NodeID, Refusal)
  /// To a client: a member is gone, or cannot be reached any more, and is forgotten.
  case gone(NodeID)
}

/// Names one stream between engine and driver. The engine draws odd numbers for what it dials, the driver even ones for
/// what it accepts.
package struct StreamID: Hashable, Sendable, BitwiseCopyable {
  package let raw: UInt64
  package init(_ raw: UInt64) { self.raw = raw }
}

/// Names one host-name look-up between engine and driver.
package struct ResolveID: Hashable, Sendable, BitwiseCopyable {
  package let raw: UInt64
  package init(_ raw: UInt64) { self.raw = raw }
}

package enum StreamLimits {
  /// The longest frame: what one Noise transport message carries.
  package static let frameBytes = 65_519
}

/// Why a stream could not be opened or ended. The unauthenticated ones are hints for a person, never evidence.
package enum StreamFailure: Hashable, Sendable {
  /// The port answered with a reset: nobody listens.
  case refused
  /// No answer within the driver's deadline.
  case timedOut
  /// The host could not be resolved or reached.
  case unreachable
  /// The peer holds no key with our key id.
  case unknownKey
  /// The peer holds the key, yet the handshake failed: another cluster id.
  case wrongCluster
  /// The peer speaks no version of the handshake that we speak.
  case noCommonVersion
  /// The peer is not the process that was expected at this address.
  case wrongPeer
  /// The far side closed in order.
  case closedByPeer
  /// The connection broke.
  case reset
  /// Out of descriptors or over a limit of our own.
  case overloaded
}
