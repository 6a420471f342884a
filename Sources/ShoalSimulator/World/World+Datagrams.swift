import ShoalCore
import ShoalSecurity

/// Datagrams on their way, and what the network does to them.
extension World {
  func send(_ transmit: Outbox.Transmit, from node: VirtualNode) {
    measure(datagram: transmit.range)
    guard node.build == .later else {
      send(outbox.bytes[transmit.range], to: transmit, from: node)
      return
    }
    laterBytes.removeAll(keepingCapacity: true)
    laterBytes.append(contentsOf: outbox.bytes[transmit.range])
    addLaterField(to: &laterBytes)
    send(laterBytes[...], to: transmit, from: node)
    guard isLaterDatagramDue(from: node) else { return }
    send(Self.laterDatagram[...], to: transmit, from: node)
  }

  private func send(_ plaintext: ArraySlice<UInt8>, to transmit: Outbox.Transmit, from node: VirtualNode) {
    node.traffic.addDatagram(plaintextBytes: plaintext.count)
    var header = PacketHeader()
    header.sender = node.index
    header.machine = Machine.index(of: transmit.endpoint, count: machines.count) ?? -1
    header.receiver = transmit.receiver
    header.salt = node.salt
    guard sealing.isReal else {
      post(header, bytes: plaintext, by: node, overhead: DatagramLimits.sealingOverhead)
      return
    }
    let size = plaintext.count + SealedDatagram.overhead
    if scratch.count < size { scratch = [UInt8](repeating: 0, count: size) }
    let count = unsafe scratch.withUnsafeMutableBytes { buffer in
      unsafe node.sealed?.seal(plaintext.span.bytes, for: transmit.receiver, into: buffer) ?? 0
    }
    guard count > 0 else { return }
    noteSealed(scratch[..<count], by: node)
    post(header, bytes: scratch[..<count], by: node, overhead: 0)
  }

  /// Hands a datagram to the kernel: it leaves, or waits while the process's output is blocked.
  func post(_ header: PacketHeader, bytes: ArraySlice<UInt8>, by node: VirtualNode, overhead: Int) {
    guard node.isBlocked else {
      dispatch(header, bytes: bytes, overhead: overhead)
      return
    }
    if node.unsent.count < VirtualNode.unsentLimit { node.unsent.append(pool.add(header, bytes: bytes)) }
  }

  /// Sends what has waited while output was blocked.
  func sendUnsent(of node: VirtualNode) {
    let waiting = node.unsent
    node.unsent.removeAll()
    let overhead = !sealing.isReal ? DatagramLimits.sealingOverhead : 0
    for id in waiting {
      let header = pool.header(id)
      let bytes = pool.take(id)
      dispatch(header, bytes: bytes[...], overhead: overhead)
      pool.recycle(id, bytes)
    }
  }

  /// Lets the network decide about one datagram. `overhead` is what sealing would have added.
  private func dispatch(_ header: PacketHeader, bytes: ArraySlice<UInt8>, overhead: Int) {
    let origin = nodes[Int(header.sender)].machine
    guard header.machine >= 0 else {
      faults.packetsToNobody += 1
      return
    }
    guard !network.isCut(origin, header.machine, at: clock) else {
      faults.packetsCut += 1
      return
    }
    let passage = network.passage(from: origin, to: header.machine, bytes: bytes.count + overhead)
    count(passage)
    if let trip = passage.trip {
      let id = pool.add(header, bytes: bytes)
      if let damage = passage.damage { apply(damage, to: id) }
      queue.add(.packet(id), at: clock + trip + delay(at: header.machine))
    }
    if let trip = passage.secondTrip { sendCopy(header, bytes, as: .duplicate, after: trip) }
    if let replay = passage.replay {
      var recording = header
      if replay.elsewhere { recording.machine = network.anyMachine(of: machines.count) }
      // A recording is sent after what was recorded has passed.
      let trip = (passage.trip ?? 0) + 1
      sendCopy(recording, bytes, as: .replay, after: trip + replay.after)
    }
  }

  private func sendCopy(_ header: PacketHeader, _ bytes: ArraySlice<UInt8>, as kind: Tampering, after wait: Nanoseconds)
  {
    var copy = header
    copy.tampering = kind
    queue.add(.packet(pool.add(copy, bytes: bytes)), at: clock + wait + delay(at: header.machine))
  }

  private func apply(_ damage: Network.Damage, to id: PacketID) {
    let count = pool.length(id)
    guard count > 0 else { return }
    let position = network.anyPosition(in: count)
    switch damage {
    case .corrupted:
      pool.tamper(id, as: .corrupted) { $0[position] ^= 1 << UInt8(position % 8) }
    case .truncated:
      pool.tamper(id, as: .truncated) { $0.removeLast($0.count - position) }
    }
  }

  private func count(_ passage: Network.Passage) {
    if passage.isOverSize { faults.packetsTooLong += 1 } else if passage.trip == nil { faults.packetsLost += 1 }
    if passage.isLate { faults.packetsLate += 1 }
    if passage.secondTrip != nil { faults.packetsDuplicated += 1 }
    if passage.replay != nil { faults.packetsReplayed += 1 }
    guard passage.trip != nil else { return }
    switch passage.damage {
    case .corrupted: faults.packetsCorrupted += 1
    case .truncated: faults.packetsTruncated += 1
    case nil: break
    }
  }

  /// How late the process on a machine handles what comes.
  private func delay(at machine: Int32) -> Nanoseconds {
    let process = machines[Int(machine)].process
    return process < 0 ? 0 : nodes[Int(process)].delay
  }

  // MARK: Arrival

  func arrive(_ id: PacketID) {
    let header = pool.header(id)
    guard let node = process(on: header.machine), !node.isFrozen else {
      faults.packetsToNobody += 1
      pool.discard(id)
      return
    }
    if node.holdsInput {
      let cost = SocketBuffer.cost(of: pool.length(id))
      guard node.buffered + cost <= node.receiveBuffer else {
        faults.packetsOverflowed += 1
        pool.discard(id)
        return
      }
      node.buffered += cost
      node.backlog.append(.packet(id))
      return
    }
    node.packetsReceived += 1
    let bytes = pool.take(id)
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    if node.sealed == nil {
      arriveCounted(header, bytes, at: node)
      pool.recycle(id, bytes)
    } else {
      trace.add(bytes.rawSpan)
      pool.recycle(id, arriveSealed(header, bytes, at: node))
    }
  }

  // MARK: Forgeries

  /// Sends one made-up datagram to each target, and comes again.
  func forge(_ forgery: ActiveForgery) {
    for machine in forgery.targets {
      guard let target = process(on: machine) else { continue }
      let pretended = nodes[Int(network.anyMachine(of: nodes.count))]
      var header = PacketHeader()
      header.tampering = .forged
      header.sender = pretended.index
      header.machine = machine
      header.receiver = target.id
      header.salt = pretended.salt
      let bytes = forger.make(
        from: pretended.id, salt: pretended.salt, for: target.id, clusterKey: sealing.oldestKey)
      faults.packetsForged += 1
      queue.add(.packet(pool.add(header, bytes: bytes[...])), at: clock + network.plainTrip())
    }
  }
}
