import NIOCore
import NIOPosix
import ShoalCore
import ShoalSecurity

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension EngineDriver {
  func perform(_ action: Outbox.StreamAction) {
    switch action {
    case .dial(let id, let endpoint, let expected): dial(id, endpoint, expected: expected)
    case .write(let id, let range):
      outbox.withBytes(range) { frame in
        observer?.sends(frame: frame)
        streams[id]?.write(frame)
      }
    case .close(let id):
      strangers.remove(id)
      guard let connection = streams.removeValue(forKey: id) else { return }
      closing[id] = connection
      connection.closeAfterWrites()
    case .resolve(let id, let host, let port):
      HostResolver.resolve(host, port: port, on: eventLoop).whenSuccess { endpoints in
        self.step { engine, now, outbox in
          engine.resolved(id, endpoints: endpoints, now: now, into: &outbox)
        }
      }
    }
  }

  // MARK: Inbound

  /// Takes in a new connection, before its first byte is read.
  func accept(_ channel: any Channel) {
    let id = StreamID(nextInbound)
    nextInbound &+= 2
    transport.streamsAccepted += 1
    guard !DescriptorReserve.isReached() else {
      acceptFailed()
      channel.close(promise: nil)
      return
    }
    if strangers.isFull, let displaced = strangers.displace(draw: { Int(Sodium.randomUInt64() % UInt64($0)) }) {
      streams.removeValue(forKey: displaced)?.abort()
      transport.streamsDisplaced += 1
    }
    let connection = StreamConnection(
      id: id, isInbound: true, remote: nil,
      stream: SecureStream(responder: identity.id, key: key, clusterID: configuration.clusterID), driver: self)
    streams[id] = connection
    strangers.add(id)
    do { try channel.pipeline.syncOperations.addHandler(connection) } catch { channel.close(promise: nil) }
  }

  // MARK: Outbound

  private func dial(_ id: StreamID, _ endpoint: Endpoint, expected: NodeID) {
    transport.streamsDialled += 1
    if let filter, filter.blocks(endpoint) {
      eventLoop.assumeIsolated().scheduleTask(in: StreamConnection.patience) {
        self.streamEnded(id, failure: .timedOut)
      }
      return
    }
    ClientBootstrap(group: eventLoop)
      .connectTimeout(StreamConnection.patience)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let connection = StreamConnection(
            id: id, isInbound: false, remote: endpoint,
            stream: SecureStream(
              initiator: identity.id, expecting: expected, key: key, clusterID: configuration.clusterID),
            driver: self)
          streams[id] = connection
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .connect(to: endpoint.socketAddress)
      .whenFailure { error in self.dialFailed(id, error) }
  }

  /// Cuts the links to the endpoints of `filter`, or with nil none. Streams that were dialled over them end.
  func cutLinks(_ filter: LinkFilter?) {
    self.filter = filter
    guard let filter else { return }
    for connection in Array(streams.values) {
      if let remote = connection.remote, filter.blocks(remote) { connection.cut() }
    }
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

  // MARK: What connections tell

  func streamConnected(_ id: StreamID) {
    step { engine, now, outbox in engine.streamConnected(id, now: now, into: &outbox) }
  }

  func streamOpened(_ connection: StreamConnection, peer: NodeID) {
    let id = connection.id
    let isInbound = connection.isInbound
    strangers.remove(id)
    step { engine, now, outbox in
      engine.streamOpened(id, peer: peer, inbound: isInbound, now: now, into: &outbox)
    }
  }

  func streamReceived(_ id: StreamID, frame: [UInt8]) {
    step { engine, now, outbox in
      engine.streamReceived(id, frame: frame.rawSpan, now: now, into: &outbox)
    }
  }

  func streamEnded(_ id: StreamID, failure: StreamFailure) {
    strangers.remove(id)
    let isChannel = streams.removeValue(forKey: id)?.isChannel == true
    guard !isChannel else {
      messages.closed(id)
      return
    }
    step { engine, now, outbox in
      engine.streamClosed(id, failure: failure, now: now, into: &outbox)
    }
  }

  /// A connection that was accepted is known to come from here.
  func streamArrived(_ id: StreamID, from address: SocketAddress?) {
    if let endpoint = address.flatMap({ Endpoint($0) }) { strangers.locate(id, at: endpoint) }
  }

  func acceptFailed() { transport.acceptsFailed += 1 }

  /// A connection that was told to close is gone for good.
  func streamGone(_ connection: StreamConnection) { closing[connection.id] = nil }

  func streamWritten(byteCount: Int) {
    transport.streamWrites += 1
    transport.streamBytesWritten += UInt64(byteCount)
  }

  func handshakeFailed() { transport.handshakesFailed += 1 }

  func handshakeTimedOut() { transport.handshakesTimedOut += 1 }
}
