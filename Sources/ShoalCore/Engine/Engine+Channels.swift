/// Connections for messages: made here, between members only, and handed over to the messenger when they are ready.
extension Engine {
  /// Connects to a member, for messages. The answer is a handover.
  package mutating func openChannel(to peer: NodeID, now: Now, into outbox: inout Outbox) {
    guard isLivingPeer(peer), let endpoint = table.find(peer).flatMap({ table.endpoint($0) }),
      streams.count < settings.streamLimit
    else {
      outbox.handovers.append(.failed(peer))
      return
    }
    let id = streams.drawID()
    streams[id] = .dialingChannel(peer: peer)
    timers.set(.stream, key: id.raw, at: now.monotonic + settings.joinTimeout)
    outbox.streamActions.append(.dial(id, endpoint, expected: peer))
  }

  /// Whether messages may be sent to a process: it is a living member, and so is this node.
  package func isLivingPeer(_ peer: NodeID) -> Bool {
    phase == .admitted && peer != record.id && table.find(peer).map { table.status($0).isLiving } == true
  }

  /// What was dialled for messages is ready.
  mutating func channelOpened(_ id: StreamID, peer: NodeID, into outbox: inout Outbox) {
    guard case .dialingChannel(let expected) = streams[id] else { return }
    guard expected == peer, isLivingPeer(peer) else {
      drop(id, into: &outbox)
      outbox.handovers.append(.failed(expected))
      return
    }
    streams[id] = nil
    outbox.handovers.append(.opened(id, peer))
  }

  /// Somebody has connected for messages. Only members may; others come again when they are.
  mutating func channelAccepted(_ id: StreamID, peer: NodeID, hello: RawSpan, into outbox: inout Outbox) {
    guard isLivingPeer(peer) else {
      counters.channelsRefused += 1
      drop(id, into: &outbox)
      return
    }
    streams[id] = nil
    let start = outbox.bytes.count
    outbox.bytes.write(hello)
    outbox.handovers.append(.accepted(id, peer, hello: start..<outbox.bytes.count, isClient: false))
  }
}
