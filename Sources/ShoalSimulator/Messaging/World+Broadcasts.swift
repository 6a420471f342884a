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
    var members: [NodeID] = []
    node.engine.forEachMember { if $0.status.isLiving, $0.id != node.id { members.append($0.id) } }
    members.sort()
    faults.publications += 1
    if checks == .all {
      broadcastChecker.published(
        payload, message: message.number, number: node.broadcaster.counters.published + 1, to: topic,
        members: members, by: node.id)
    }
    node.broadcaster.publish(
      payload, message: message.number, to: topic, correlation: message.correlation, members: members,
      now: node.now(at: clock).monotonic, into: &broadcastOutbox)
    pumpMessages(of: node)
  }

  /// Who has gone, as the engine sees it.
  func tellBroadcaster(of node: VirtualNode, _ event: Event, now: Instant) {
    switch event {
    case .died(let member), .left(let member):
      node.broadcaster.peerGone(member.id, now: now, into: &broadcastOutbox)
      if checks == .all { broadcastChecker.heldGone(member.id, at: node.id) }
    case .reaped(let member): node.broadcaster.peerForgotten(member.id)
    case .joined, .recovered, .updated, .metadataChanged, .suspected, .admitted, .joinFailed, .isolated,
      .isolationEnded, .coordinatorChanged, .stopped:
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
    case .send(let message, let peer, let lane):
      do throws(SendRefusal) {
        guard node.engine.isLivingPeer(peer) else { throw .notMember }
        try node.messenger.send(message, to: peer, lane: lane, isPressing: lane == .broadcasts)
      } catch {
        node.broadcaster.refused(
          message.number, to: peer, error, now: node.now(at: clock).monotonic, into: &broadcastOutbox)
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
        node.broadcaster.handled(cost: cost, now: node.now(at: clock).monotonic, into: &broadcastOutbox)
      }
      guard checks == .all else { return }
      report(broadcastChecker.received(publication, missed: missed, at: node.id), at: node)
    case .settled(let message, _, let progress):
      guard checks == .all else { return }
      report(broadcastChecker.settled(message, progress, at: node.id), at: node)
    }
  }

  private func report(_ sentence: String?, at node: VirtualNode) {
    guard let sentence else { return }
    safety.report(Finding(invariant: .publicationsArrive, sentence: sentence), at: node, about: nil, now: clock)
  }
}
