import ShoalCore

/// Datagrams on their way, and the sealing layer's part in them: a packet is good at one process only, and strangers prove
/// themselves first.
extension World {
  func send(_ transmit: Outbox.Transmit, from node: VirtualNode) {
    node.traffic.addDatagram(plaintextBytes: transmit.range.count)
    let header = PacketHeader(
      kind: .sealed, sender: node.index,
      machine: Machine.index(of: transmit.endpoint, count: machines.count) ?? -1,
      receiver: transmit.receiver, salt: node.salt)
    dispatch(header, bytes: outbox.bytes[transmit.range])
  }

  private func dispatch(_ header: PacketHeader, bytes: ArraySlice<UInt8>) {
    let sender = nodes[Int(header.sender)]
    guard header.machine >= 0, machines[Int(header.machine)].side == machines[Int(sender.machine)].side else {
      faults.packetsToNobody += 1
      return
    }
    guard let trip = network.datagramTrip() else {
      faults.packetsLost += 1
      return
    }
    queue.add(.packet(pool.add(header, bytes: bytes)), at: clock + trip)
    if network.isDuplicated(), let second = network.datagramTrip() {
      faults.packetsDuplicated += 1
      queue.add(.packet(pool.add(header, bytes: bytes)), at: clock + second)
    }
  }

  func arrive(_ id: PacketID) {
    let header = pool.header(id)
    guard let node = process(on: header.machine) else {
      faults.packetsToNobody += 1
      pool.discard(id)
      return
    }
    if node.state == .paused {
      if node.backlog.count < VirtualNode.backlogLimit { node.backlog.append(.packet(id)) } else { pool.discard(id) }
      return
    }
    guard header.receiver == node.id else {
      // Sealed for a predecessor at this address: it does not open.
      faults.packetsToNobody += 1
      pool.discard(id)
      return
    }
    switch header.kind {
    case .sealed: open(id, header, at: node)
    case .challenge:
      pool.discard(id)
      prove(to: header, by: node)
    case .echo:
      pool.discard(id)
      node.proven[nodes[Int(header.sender)].id.handle] = header.salt
    }
  }

  private func open(_ id: PacketID, _ header: PacketHeader, at node: VirtualNode) {
    let sender = nodes[Int(header.sender)].id
    let peer = node.engine.peer(handle: sender.handle)
    let isKnown = peer.map { $0.id == sender && $0.salt == header.salt } ?? false
    guard isKnown || node.proven[sender.handle] == header.salt else {
      pool.discard(id)
      challenge(header, by: node)
      return
    }
    let bytes = pool.take(id)
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    trace.add(bytes.rawSpan)
    node.engine.receive(bytes.rawSpan, from: sender, now: Clock.now(at: clock), into: &outbox)
    pool.recycle(id, bytes)
    call(node) { _, _, _ in }
  }

  /// Answers a stranger's datagram with a request for proof, sent where it came from.
  private func challenge(_ header: PacketHeader, by node: VirtualNode) {
    faults.challenges += 1
    let stranger = nodes[Int(header.sender)]
    node.traffic.addDatagram(plaintextBytes: Self.challengeBytes)
    dispatch(
      PacketHeader(
        kind: .challenge, sender: node.index, machine: stranger.machine, receiver: stranger.id, salt: node.salt),
      bytes: [])
  }

  private func prove(to header: PacketHeader, by node: VirtualNode) {
    let challenger = nodes[Int(header.sender)]
    node.traffic.addDatagram(plaintextBytes: Self.echoBytes)
    dispatch(
      PacketHeader(
        kind: .echo, sender: node.index, machine: challenger.machine, receiver: challenger.id, salt: node.salt),
      bytes: [])
  }

  /// A token and the challenger's NodeID.
  private static let challengeBytes = 32
  /// The token, the NodeID and the salt.
  private static let echoBytes = 40
}
