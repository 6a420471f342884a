import ShoalCore

/// Publications between nodes: the very broadcaster that real nodes run, beside each messenger.
extension World {
  /// Has a node publish bytes to everybody whom it holds living.
  ///
  /// - Returns: false when the node does not run.
  @discardableResult
  public func publish(_ payload: [UInt8], from name: String, to topic: Topic) -> Bool {
    guard let node = machineByName[name].flatMap({ process(on: $0) }), node.state == .running else { return false }
    publish(payload, from: node, to: topic)
    return true
  }

  func publish(_ payload: [UInt8], from node: VirtualNode, to topic: Topic) {
    let message = node.draft(payload)
    let members = livingPeers(of: node)
    faults.publications += 1
    if checks == .all {
      if topic.order == .total {
        orderChecker.published(payload, message: message.number, to: topic, members: members, by: node.id)
      } else {
        broadcastChecker.published(
          payload, message: message.number, number: node.broadcaster.nextNumber, to: topic, members: members,
          by: node.id)
      }
    }
    node.broadcaster.publish(
      payload, message: message.number, to: topic, correlation: message.correlation, members: members,
      now: noteReign(at: node), into: &broadcastOutbox)
    pumpMessages(of: node)
  }

  private func livingPeers(of node: VirtualNode) -> [NodeID] {
    var members: [NodeID] = []
    node.engine.forEachMember { if $0.status.isLiving, $0.id != node.id { members.append($0.id) } }
    return members.sorted()
  }

  /// Who has come and gone, and who coordinates, as the engine sees it.
  func tellBroadcaster(of node: VirtualNode, _ event: Event) {
    let now = noteReign(at: node)
    switch event {
    case .died(let member), .left(let member):
      node.broadcaster.peerGone(member.id, now: now, into: &broadcastOutbox)
      if checks == .all { broadcastChecker.heldGone(member.id, at: node.id) }
    case .joined(let member), .recovered(let member):
      node.broadcaster.peerCame(member.id, now: now, into: &broadcastOutbox)
    case .reaped(let member): node.broadcaster.peerForgotten(member.id)
    case .coordinatorChanged(let reign):
      node.broadcaster.reignChanged(
        reign.map { OrderReign(epoch: $0.epoch, sequencer: $0.coordinator) }, now: now, into: &broadcastOutbox)
    case .updated, .metadataChanged, .suspected, .admitted, .joinFailed, .isolated, .isolationEnded, .stopped:
      break
    }
  }

  /// Carries out what a broadcaster wants, until it wants nothing more.
  func carryOutBroadcasts(of node: VirtualNode) {
    while !broadcastOutbox.isEmpty {
      let (actions, events) = broadcastOutbox.takeAll()
      for action in actions { carryOut(action, of: node) }
      for event in events { publish(event, of: node) }
    }
    faults.publicationsRerouted += Int(node.broadcaster.counters.rerouted - node.reroutedSeen)
    node.reroutedSeen = node.broadcaster.counters.rerouted
  }

  private func carryOut(_ action: BroadcastOutbox.Action, of node: VirtualNode) {
    switch action {
    case .consumed(let cost, let origin): node.messenger.consumed(cost: cost, from: origin)
    case .askForMembers:
      node.broadcaster.membersKnown(
        livingPeers(of: node), now: noteReign(at: node), into: &broadcastOutbox)
    case .send(let message, let peer, let lane):
      do throws(SendRefusal) {
        guard node.engine.isLivingPeer(peer) else { throw .notMember }
        try node.messenger.send(message, to: peer, lane: lane, isPressing: lane == .broadcasts)
      } catch {
        node.broadcaster.refused(message.number, to: peer, error, now: noteReign(at: node), into: &broadcastOutbox)
      }
    }
  }

  private func publish(_ event: BroadcastEvent, of node: VirtualNode) {
    switch event {
    case .received(let publication, let missed, let cost, let origin):
      faults.publicationsReceived += 1
      trace.add(UInt64(node.index))
      trace.add(publication.key.publisher)
      trace.add(publication.key.number)
      if let origin {
        node.messenger.consumed(cost: cost, from: origin)
      } else {
        node.broadcaster.handled(cost: cost, now: noteReign(at: node), into: &broadcastOutbox)
      }
      if let position = publication.position {
        faults.publicationsOrdered += 1
        if let epoch = node.orderEpoch, epoch != position.epoch { faults.ordersHandedOver += 1 }
        node.orderEpoch = position.epoch
      }
      guard checks == .all else { return }
      if publication.place != nil {
        report(orderChecker.received(publication, at: node.id), .totalOrder, at: node)
      } else {
        report(broadcastChecker.received(publication, missed: missed, at: node.id), .publicationsArrive, at: node)
      }
    case .settled(let message, _, let progress):
      guard checks == .all else { return }
      if orderChecker.knows(message, of: node.id) {
        report(orderChecker.settled(message, progress, at: node.id), .totalOrder, at: node)
      } else {
        report(broadcastChecker.settled(message, progress, at: node.id), .publicationsArrive, at: node)
      }
    case .orderBroken(let position):
      faults.ordersBroken += 1
      node.orderEpoch = nil
      trace.add(UInt64(node.index))
      trace.add(position.number)
      guard checks == .all else { return }
      report(
        orderChecker.broken(position, at: node.id, isNeedless: keepsPlace(node)), .totalOrder, at: node)
    }
  }

  /// Tells a broadcaster which reign of its node holds at this moment, which it returns; as the message driver of a real node does.
  func noteReign(at node: VirtualNode) -> Instant {
    let now = node.now(at: clock).monotonic
    if node.broadcaster.isSequencing { node.broadcaster.noteReign(node.engine.ownEpoch(at: now)) }
    return now
  }

  private func report(_ sentence: String?, _ invariant: Invariant, at node: VirtualNode) {
    guard let sentence else { return }
    safety.report(Finding(invariant: invariant, sentence: sentence), at: node, about: nil, now: clock)
  }
}
