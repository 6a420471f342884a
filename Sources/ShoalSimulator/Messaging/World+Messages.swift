import ShoalCore

/// Messages between nodes: the very messenger that real nodes run, beside each engine, on the streams of this world.
extension World {
  /// Has a node send bytes to whoever it holds to be the living member of a name.
  ///
  /// - Returns: false when the node does not run, knows no such member, or has no room for more.
  @discardableResult
  public func send(_ payload: [UInt8], from name: String, to other: String, inBulk: Bool = false) -> Bool {
    guard let node = machineByName[name].flatMap({ process(on: $0) }), node.state == .running,
      let peer = node.engine.livingMember(named: other)?.id, peer != node.id
    else { return false }
    return send(payload, from: node, to: peer, lane: inBulk ? .bulk : .messages)
  }

  func send(_ payload: [UInt8], from node: VirtualNode, to peer: NodeID, lane: MessageLane) -> Bool {
    guard node.engine.isLivingPeer(peer) else { return false }
    let message = node.draft(payload)
    do throws(SendRefusal) {
      try node.messenger.send(message, to: peer, lane: lane, isPressing: message.number % 4 == 0)
    } catch { return false }
    faults.messagesSent += 1
    if checks == .all { messageChecker.sent(message, from: node.id, to: peer, lane: lane) }
    pumpMessages(of: node)
    return true
  }

  // MARK: Beside the engine

  /// Tells the messenger who has come and gone, and gives it the streams that the engine has done with.
  func tellMessenger(of node: VirtualNode) {
    let now = node.now(at: clock).monotonic
    for event in outbox.events {
      tellBroadcaster(of: node, event)
      switch event {
      case .joined(let member), .recovered(let member): node.messenger.peerReturned(member.id, now: now)
      case .died(let member), .left(let member):
        node.messenger.peerGone(member.id, now: now, into: &messengerOutbox)
        if checks == .all { messageChecker.heldGone(member.id, at: node.id) }
      case .reaped(let member): node.messenger.peerForgotten(member.id)
      case .updated, .metadataChanged, .suspected, .admitted, .joinFailed, .isolated, .isolationEnded,
        .coordinatorChanged,
        .stopped:
        break
      }
    }
    for handover in outbox.handovers {
      switch handover {
      case .opened(let stream, let peer):
        node.channels.insert(stream)
        node.messenger.opened(stream, peer: peer, now: now, into: &messengerOutbox)
      case .failed(let peer): node.messenger.dialFailed(peer, now: now, into: &messengerOutbox)
      case .accepted(let stream, let peer, let hello, let isClient):
        node.channels.insert(stream)
        outbox.withBytes(hello) {
          node.messenger.accepted(
            stream, peer: peer, hello: $0, isClient: isClient, now: now, into: &messengerOutbox)
        }
      // Nothing that comes here: all nodes are members.
      case .refused, .gone: break
      }
    }
  }

  func receivedMessages(_ frame: RawSpan, on stream: StreamID, by node: VirtualNode) {
    node.messenger.received(frame, on: stream, now: node.now(at: clock).monotonic, into: &messengerOutbox)
    pumpMessages(of: node)
  }

  func channelClosed(_ stream: StreamID, of node: VirtualNode) {
    node.channels.remove(stream)
    node.messenger.closed(stream, now: node.now(at: clock).monotonic, into: &messengerOutbox)
    pumpMessages(of: node)
  }

  /// A node stops in order: what waits in its messenger gets its outcome.
  func stopMessages(of node: VirtualNode) {
    node.broadcaster.stop()
    node.messenger.stop(now: node.now(at: clock).monotonic, into: &messengerOutbox)
    let events = messengerOutbox.events
    messengerOutbox.removeAll()
    for event in events { publish(event, of: node) }
    _ = broadcastOutbox.takeAll()
    node.channels.removeAll()
    node.scheduledMessengerWake = nil
  }

  /// Carries out what a messenger wants, until it wants nothing more.
  func pumpMessages(of node: VirtualNode) {
    repeat {
      carryOutBroadcasts(of: node)
      node.messenger.flush(now: node.now(at: clock).monotonic, into: &messengerOutbox)
      // Taken out, for what is carried out leads to more.
      var taken = spareMessengerOutboxes.popLast() ?? MessengerOutbox()
      swap(&taken, &messengerOutbox)
      for event in taken.events { publish(event, of: node) }
      for action in taken.actions { carryOut(action, taken.bytes, of: node) }
      taken.removeAll()
      spareMessengerOutboxes.append(taken)
    } while (node.messenger.hasWork || !broadcastOutbox.isEmpty) && node.state == .running
    // What a process that has ended wanted, nobody does.
    if node.state != .running { _ = broadcastOutbox.takeAll() }
    if checks == .all { report(messageChecker.stepEnded(at: node.id), at: node) }
    armMessengerWake(of: node)
  }

  private func carryOut(_ action: MessengerOutbox.Action, _ bytes: [UInt8], of node: VirtualNode) {
    switch action {
    case .dial(let peer):
      call(node) { engine, now, outbox in engine.openChannel(to: peer, now: now, into: &outbox) }
    case .write(let stream, let range):
      write(bytes[range], on: stream, by: node)
      node.messenger.writable(stream, true)
    case .close(let stream, let fault):
      if fault == .duplicate { faults.channelsCrossed += 1 }
      node.channels.remove(stream)
      close(stream, by: node)
    }
  }

  // MARK: Waking

  private func armMessengerWake(of node: VirtualNode) {
    let deadlines = [node.messenger.nextDeadline, node.broadcaster.nextDeadline].compactMap { $0 }
    guard node.state == .running, let deadline = deadlines.min() else { return }
    let wake = max(node.clock.world(of: deadline) + node.delay, clock)
    if let scheduled = node.scheduledMessengerWake, scheduled <= wake { return }
    node.scheduledMessengerWake = wake
    queue.add(.messengerWake(process: node.index), at: wake)
  }

  func wakeMessenger(_ index: Int32) {
    let node = nodes[Int(index)]
    guard node.state == .running, node.scheduledMessengerWake == clock else { return }
    advanceMessenger(of: node)
  }

  func advanceMessenger(of node: VirtualNode) {
    node.scheduledMessengerWake = nil
    let now = node.now(at: clock).monotonic
    node.messenger.advance(to: now, into: &messengerOutbox)
    node.broadcaster.advance(to: noteReign(at: node), into: &broadcastOutbox)
    pumpMessages(of: node)
  }

  // MARK: What happened

  private func publish(_ event: MessengerEvent, of node: VirtualNode) {
    switch event {
    case .received(let message, let origin) where message.kind.isBroadcasters:
      node.broadcaster.received(message, from: origin, now: noteReign(at: node), into: &broadcastOutbox)
    case .finished(let number, _, let peer, let outcome) where number % 2 == 1:
      node.broadcaster.finished(
        number, to: peer, outcome, now: noteReign(at: node), into: &broadcastOutbox)
    case .received(let message, let origin):
      faults.messagesReceived += 1
      trace.add(UInt64(node.index))
      trace.add(origin.peer)
      trace.add(message.number)
      node.messenger.consumed(cost: ChunkLimits.cost(of: message.payload.count), from: origin)
      if checks == .all { report(messageChecker.received(message, from: origin, at: node.id), at: node) }
    case .finished(let number, _, let peer, let outcome):
      switch outcome {
      case .delivered: faults.messagesDelivered += 1
      case .notDelivered: faults.messagesNotDelivered += 1
      case .unknown: faults.messagesUnknown += 1
      }
      if checks == .all { report(messageChecker.finished(number, from: node.id, to: peer, outcome), at: node) }
    case .broken(let peer, let generation, _):
      faults.sessionsBroken += 1
      if checks == .all { report(messageChecker.broken(peer, generation: generation, at: node.id), at: node) }
    case .clientGone: break
    }
  }

  private func report(_ sentence: String?, at node: VirtualNode) {
    guard let sentence else { return }
    safety.report(Finding(invariant: .messagesArrive, sentence: sentence), at: node, about: nil, now: clock)
  }

  /// What is still wrong with messages when all has come to rest.
  func checkMessages(areAllHealed: Bool) -> [Violation] {
    let running = Set(nodes.filter(\.isAdmitted).map(\.id))
    func violation(_ invariant: Invariant, _ node: NodeID, _ sentence: String) -> Violation {
      let name = nodeByID[node].map { nodes[Int($0)].name } ?? node.short
      return Violation(invariant: invariant, time: now, observer: name, subject: nil, finding: sentence)
    }
    let messages = messageChecker.close(awaitingOutcomesOf: areAllHealed ? running : [])
    let publications = broadcastChecker.close(running: areAllHealed ? running : [])
    // Where nobody coordinates, what waits for a place waits on: real publishers have deadlines.
    let orders = orderChecker.close(running: areAllHealed && !coordinatorsNow.isEmpty ? running : [])
    return messages.map { violation(.messagesArrive, $0.sender, $0.sentence) }
      + publications.map { violation(.publicationsArrive, $0.node, $0.sentence) }
      + orders.map { violation(.totalOrder, $0.node, $0.sentence) }
  }
}
