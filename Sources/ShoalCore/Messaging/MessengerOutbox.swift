/// What the messenger wants done: connections to work on, messages and outcomes to hand over.
///
/// One outbox serves one node for life. The driver empties it after every call, keeping its capacity.
package struct MessengerOutbox {
  package enum Action: Sendable, Equatable {
    /// Connect to a member; answer with `opened` or `dialFailed`.
    case dial(NodeID)
    /// Send `bytes[range]` as exactly one frame.
    case write(StreamID, Range<Int>)
    /// Send what was written, then close. The messenger hears nothing more about this stream. `fault` tells why, unless all was in order.
    case close(StreamID, fault: ChannelFault?)
  }

  package internal(set) var bytes: [UInt8] = []
  package internal(set) var actions: [Action] = []
  package internal(set) var events: [MessengerEvent] = []

  private static let keptBytes = 524_288

  package init() {}

  package var isEmpty: Bool { actions.isEmpty && events.isEmpty }

  /// Lends a part of the arena.
  package func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) -> Result) -> Result {
    body(bytes.rawSpan.extracting(range))
  }

  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
    actions.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
  }
}

/// What has happened to messages and sessions, in order.
package enum MessengerEvent: Sendable, Equatable {
  /// A message has come whole, in order, for the first time. Tell `consumed` when the application is done with it.
  case received(Message, from: Origin)
  /// What became of a message that was accepted here.
  case finished(number: UInt64, payloadBytes: Int, to: NodeID, MessageOutcome)
  /// The session has ended: order and completeness hold up to here, and anew from here on.
  case broken(NodeID, generation: UInt64, SessionEnd)
  /// A client is gone, and was forgotten; it may come again.
  case clientGone(NodeID)

  /// Where a message came from.
  package struct Origin: Sendable, Equatable {
    package let peer: NodeID
    package let generation: UInt64
    package let lane: MessageLane

    package init(peer: NodeID, generation: UInt64, lane: MessageLane) {
      self.peer = peer
      self.generation = generation
      self.lane = lane
    }
  }
}

/// Why a session between two processes that had talked is over.
public enum SessionEnd: UInt8, Sendable, Hashable {
  /// The peer left, died or was superseded, as far as is known here; of clients: it said goodbye, or was away for too long.
  case peerGone
  /// The peer has ended it, as when it held us for dead.
  case endedByPeer
  /// This node has stopped.
  case stopped
}
