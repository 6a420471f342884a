import Logging
import NIOCore
import NIOPosix
import ShoalCore
import ShoalSecurity

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What connections and messages need of whatever drives them: a member's engine, or a client's. Confined to its event loop.
protocol StreamDriver: AnyObject, Sendable {
  var eventLoop: any EventLoop { get }
  var nodeID: NodeID { get }
  var key: ClusterKey { get }
  var clusterID: String { get }
  var logger: Logger { get }
  var transport: TransportCounters { get set }
  var streams: [StreamID: StreamConnection] { get set }
  /// Connections that the engine is done with and that still send what was written.
  var closing: [StreamID: StreamConnection] { get set }
  var isClosed: Bool { get }
  /// Whether the process plays dead, in a bench.
  var isStandingStill: Bool { get }

  // What connections tell.
  func streamArrived(_ id: StreamID, from address: SocketAddress?)
  func streamConnected(_ id: StreamID)
  func streamOpened(_ connection: StreamConnection, peer: NodeID)
  func streamReceived(_ id: StreamID, frame: [UInt8])
  func streamEnded(_ id: StreamID, failure: StreamFailure)

  // What the messenger asks.
  var messages: MessageDriver { get }
  var messaging: MessagingConfiguration { get }
  var handlers: MessageHandlers { get }
  var gate: MessageGate { get }
  var tracing: MessageTracing { get }
  /// Whether messages may be sent to a process.
  func mayBeSentTo(_ peer: NodeID) -> Bool
  /// Whether a process may hand on what somebody has published.
  func takesBroadcasts(from peer: NodeID) -> Bool
  /// Whether this node's reign holds at a moment.
  func ownEpoch(at now: Instant) -> UInt64?
  /// All other living members.
  func livingPeers() -> [NodeID]
  /// What this node answers whoever asks for its members; nil when it is none that can tell.
  func rosterPage(for query: RosterQuery) -> [UInt8]?
  func openChannel(to peer: NodeID)
  func close(_ id: StreamID)
  /// The session with a client is over.
  func clientGone(_ peer: NodeID)
  func publish(_ messaging: MessagingCounters, _ broadcasting: BroadcastCounters)
}

extension StreamDriver {
  /// Connects to an endpoint; `streamEnded` tells when that comes to nothing.
  func connect(_ id: StreamID, _ endpoint: Endpoint, expected: NodeID) {
    ClientBootstrap(group: eventLoop)
      .connectTimeout(StreamConnection.patience)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = StreamConnection(
            id: id, isInbound: false, remote: endpoint,
            stream: SecureStream(initiator: nodeID, expecting: expected, key: key, clusterID: clusterID), driver: self)
          streams[id] = connection
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(to: endpoint.socketAddress)
      .whenFailure { error in self.dialFailed(id, error) }
  }

  private func dialFailed(_ id: StreamID, _ error: any Error) {
    // Told to the engine even when no connection came to be, as without a free descriptor; a second time it passes over it.
    streams.removeValue(forKey: id)?.abort()
    let failure: StreamFailure
    switch error {
    case let error as NIOConnectionError: failure = Self.failure(of: error)
    case is ChannelError: failure = .timedOut
    case let error as IOError where error.errnoCode == ECONNREFUSED: failure = .refused
    case let error as IOError where error.errnoCode == EMFILE || error.errnoCode == ENFILE: failure = .overloaded
    default: failure = .unreachable
    }
    streamEnded(id, failure: failure)
  }

  private static func failure(of error: NIOConnectionError) -> StreamFailure {
    let isRefused = error.connectionErrors.contains { ($0.error as? IOError)?.errnoCode == ECONNREFUSED }
    return isRefused ? .refused : .unreachable
  }

  /// Closes once everything written has left; the engine is done with the connection.
  func closeAfterWrites(_ id: StreamID) {
    guard let connection = streams.removeValue(forKey: id) else { return }
    closing[id] = connection
    connection.closeAfterWrites()
  }

  /// A connection that was told to close is gone for good.
  func streamGone(_ connection: StreamConnection) { closing[connection.id] = nil }

  func streamWritten(byteCount: Int) {
    transport.streamWrites += 1
    transport.streamBytesWritten += UInt64(byteCount)
  }

  func handshakeFailed() { transport.handshakesFailed += 1 }

  func handshakeTimedOut() { transport.handshakesTimedOut += 1 }
}

/// A driver as its gate knows it, until it closes. Written before the gate is used; then used on the event loop only.
///
/// No weak reference: an object that has one is retained and released more slowly, and a driver is, with every packet.
final class DriverReference: @unchecked Sendable {
  var driver: (any StreamDriver)?
}
