import NIOCore
import ShoalCore
import ShoalSecurity

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
      close(id)
    case .resolve(let id, let host, let port):
      HostResolver.resolve(host, port: port, on: eventLoop).whenSuccess { endpoints in
        self.step { engine, now, outbox in
          engine.resolved(id, endpoints: endpoints, now: now, into: &outbox)
        }
      }
    }
  }

  func close(_ id: StreamID) {
    strangers.remove(id)
    closeAfterWrites(id)
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
    connect(id, endpoint, expected: expected)
  }

  /// Cuts the links to the endpoints of `filter`, or with nil none. Streams that were dialled over them end.
  func cutLinks(_ filter: LinkFilter?) {
    self.filter = filter
    guard let filter else { return }
    for connection in Array(streams.values) {
      if let remote = connection.remote, filter.blocks(remote) { connection.cut() }
    }
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

}
