/// Bringing publications to those that this node serves.
extension Broadcaster {
  /// Serves targets: directly when they are few, else through the first of each arc.
  mutating func serve(
    _ targets: [SpreadTarget], in id: UInt64, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    guard !targets.isEmpty else { return }
    for (child, rest) in Spread.arcs(of: targets, fanOut: settings.fanOut) {
      let branch = Spread.Branch(child: child, rest: rest, checkAt: now + settings.patience)
      spreads[id]?.branches.append(branch)
      send(branch, in: id, into: &outbox)
    }
    if targets.count > settings.fanOut { timers.set(.patience, key: id, at: now + settings.patience) }
  }

  private mutating func send(_ branch: Spread.Branch, in id: UInt64, into outbox: inout BroadcastOutbox) {
    guard let publication = spreads[id]?.publication else { return }
    let number = takeMessageNumber()
    let envelope = PublicationEnvelope(publication, first: branch.child.first, targets: branch.rest)
    spreadOfBranch[number] = id
    if let position = position(of: branch.child.id, in: id) { spreads[id]?.branches[position].message = number }
    outbox.actions.append(
      .send(
        Message(
          .publication, number: number, correlation: publication.correlation, name: publication.name,
          context: publication.context, payload: envelope.payload()), to: branch.child.id, lane: .broadcasts))
  }

  /// Where a child that is not settled stands.
  private func position(of child: NodeID, in id: UInt64) -> Int? {
    spreads[id]?.branches.lastIndex { $0.child.id == child && !$0.isChildSettled }
  }

  // MARK: What becomes of what was sent

  /// One of the broadcaster's messages has got its outcome.
  package mutating func finished(
    _ number: UInt64, to peer: NodeID, _ outcome: MessageOutcome, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    if answering[peer] == number { answering[peer] = nil }
    noteOrderRead(number, by: peer)
    retry(peer, into: &outbox)
    guard let id = spreadOfBranch.removeValue(forKey: number), let position = position(of: number, in: id) else {
      if outcome != .delivered { orderNotTaken(by: peer, now: now, into: &outbox) }
      return
    }
    if outcome == .delivered {
      spreads[id]?.branches[position].checkAt = now + settings.patience
      acknowledge(peer, in: id, now: now)
    } else {
      fail(branch: position, in: id, .gone, now: now, into: &outbox)
    }
    settleIfDone(id, into: &outbox)
  }

  /// The messenger has not taken a message.
  package mutating func refused(
    _ number: UInt64, to peer: NodeID, _ refusal: SendRefusal, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    guard let id = spreadOfBranch.removeValue(forKey: number), let position = position(of: number, in: id),
      let spread = spreads[id]
    else {
      if answering[peer] == number { answering[peer] = nil }
      noteOrderRead(number, by: peer)
      orderNotTaken(by: peer, now: now, into: &outbox)
      if refusal == .notMember, isAskingForGaps { couldNotAsk(peer, into: &outbox) }
      return
    }
    if refusal == .full, spread.isOwn, !spread.isOrdered {
      // This node's own wait, but for those with a place in total order, which members ask for themselves; what it relays does not, so that nobody waits for others in a circle.
      spreads[id]?.branches[position].message = 0
      blocked[peer, default: []].append(id)
      return
    }
    let rest = spreads[id]?.takeRest(ofBranch: position) ?? []
    fail(peer, in: id, .refused(refusal), now: now)
    serve(rest, in: id, now: now, into: &outbox)
    settleIfDone(id, into: &outbox)
  }

  /// There may be room again: for this peer, or in all for another one.
  private mutating func retry(_ peer: NodeID, into outbox: inout BroadcastOutbox) {
    guard !blocked.isEmpty else { return }
    send(toBlocked: peer, into: &outbox)
    // One more each time: what is sent to it finishes in turn.
    if let other = blocked.keys.min() { send(toBlocked: other, into: &outbox) }
  }

  private mutating func send(toBlocked peer: NodeID, into outbox: inout BroadcastOutbox) {
    for id in blocked.removeValue(forKey: peer) ?? [] {
      guard let position = position(of: peer, in: id), let branch = spreads[id]?.branches[position],
        branch.message == 0
      else { continue }
      send(branch, in: id, into: &outbox)
    }
  }

  private func position(of message: UInt64, in id: UInt64) -> Int? {
    spreads[id]?.branches.firstIndex { $0.message == message }
  }

  /// A session with a child has ended before it had the publication.
  private mutating func fail(
    branch position: Int, in id: UInt64, _ failure: BroadcastFailure, now: Instant,
    into outbox: inout BroadcastOutbox
  ) {
    guard let branch = spreads[id]?.branches[position], let isOwn = spreads[id]?.isOwn else { return }
    let rest = spreads[id]?.takeRest(ofBranch: position) ?? []
    if isOwn {
      // It may live all the same: then it is sent again, and else refused.
      if let position = self.position(of: branch.child.id, in: id) {
        spreads[id]?.branches[position].checkAt = now + settings.patience
        if let again = spreads[id]?.branches[position] { send(again, in: id, into: &outbox) }
      }
    } else {
      fail(branch.child.id, in: id, failure, now: now)
    }
    reroute(rest, in: id, now: now, into: &outbox)
  }

  private mutating func reroute(
    _ targets: [SpreadTarget], in id: UInt64, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    guard !targets.isEmpty else { return }
    if plantedBug == .trustsDeadRelays {
      for target in targets { spreads[id]?.acknowledged.append(target.id) }
      return
    }
    counters.rerouted += UInt64(targets.count)
    serve(targets, in: id, now: now, into: &outbox)
  }

  private mutating func acknowledge(_ member: NodeID, in id: UInt64, now: Instant) {
    guard spreads[id]?.settle(member) == true else { return }
    spreads[id]?.acknowledged.append(member)
    report(id, now: now)
  }

  private mutating func fail(_ member: NodeID, in id: UInt64, _ failure: BroadcastFailure, now: Instant) {
    guard spreads[id]?.settle(member) == true else { return }
    spreads[id]?.failed.append((member, failure))
    // It must not wait for this one.
    if let spread = spreads[id], spread.isOwn, !spread.isOrdered, let first = firstOf[member] {
      firstOf[member] = max(first, spread.publication.key.number + 1)
    }
    report(id, now: now)
  }

  private mutating func report(_ id: UInt64, now: Instant) {
    guard spreads[id]?.isOwn == false, spreads[id]?.isReportDue == false else { return }
    spreads[id]?.isReportDue = true
    timers.set(.report, key: id, at: now + BroadcastSettings.reportDelay)
  }

  /// Tells whoever is to know when all is done.
  mutating func settleIfDone(_ id: UInt64, into outbox: inout BroadcastOutbox) {
    guard let spread = spreads[id], spread.isSettled else { return }
    if spread.isOwn {
      // Of totally ordered topics members tell how far they hold the order.
      if spread.isOrdered { return end(id) }
      outbox.events.append(
        .settled(
          message: spread.publication.message, payloadBytes: spread.publication.payload.count,
          BroadcastProgress(acknowledged: spread.acknowledged, failed: spread.failed)))
    } else {
      writeReport(id, into: &outbox)
    }
    end(id)
  }

  private mutating func writeReport(_ id: UInt64, into outbox: inout BroadcastOutbox) {
    guard let spread = spreads[id], let parent = spread.parent else { return }
    spreads[id]?.isReportDue = false
    var report = SpreadReport(spread.publication.key)
    report.acknowledged = spread.acknowledged
    report.failed = spread.failed.map { $0.id }
    guard !report.isEmpty else { return }
    spreads[id]?.acknowledged = []
    spreads[id]?.failed = []
    outbox.actions.append(
      .send(
        Message(
          .spreadReport, number: takeMessageNumber(), correlation: spread.publication.correlation,
          payload: report.payload()), to: parent, lane: .replies))
  }

  // MARK: Reports

  mutating func take(
    _ report: SpreadReport, from child: NodeID, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    guard let id = spreadOf[report.key] else { return }
    for member in report.acknowledged { acknowledge(member, in: id, now: now) }
    for member in report.failed where spreads[id]?.isPending(member) == true {
      if spreads[id]?.isOwn == true {
        // The publisher's view decides, and it tries itself.
        serveDirectly(member, in: id, now: now, into: &outbox)
      } else {
        fail(member, in: id, .gone, now: now)
      }
    }
    for position in spreads[id]?.branches.indices ?? 0..<0 where spreads[id]?.branches[position].child.id == child {
      spreads[id]?.branches[position].checkAt = now + settings.patience
    }
    settleIfDone(id, into: &outbox)
  }

  private mutating func serveDirectly(
    _ member: NodeID, in id: UInt64, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    guard let branches = spreads[id]?.branches else { return }
    for position in branches.indices {
      guard let place = branches[position].rest.firstIndex(where: { $0.id == member }) else { continue }
      let target = branches[position].rest[place]
      spreads[id]?.branches[position].rest.remove(at: place)
      if spreads[id]?.branches[position].isSettled == true { spreads[id]?.branches.remove(at: position) }
      reroute([target], in: id, now: now, into: &outbox)
      return
    }
  }

  // MARK: Members and time

  /// A member is gone: this node's publications do not reach it any more, and it hands nothing on.
  package mutating func peerGone(_ peer: NodeID, now: Instant, into outbox: inout BroadcastOutbox) {
    firstOf[peer] = nil
    blocked[peer] = nil
    answering[peer] = nil
    for id in spreads.keys.sorted() {
      guard let spread = spreads[id] else { continue }
      for branch in spread.branches where branch.child.id == peer {
        guard let position = spreads[id]?.branches.firstIndex(where: { $0.child.id == peer }) else { break }
        spreadOfBranch[branch.message] = nil
        let rest = spreads[id]?.takeRest(ofBranch: position) ?? []
        reroute(rest, in: id, now: now, into: &outbox)
      }
      fail(peer, in: id, .gone, now: now)
      settleIfDone(id, into: &outbox)
    }
    giveUp(peer, into: &outbox)
    order.memberGone(peer, now: now)
    carryOutOrder(now: now, into: &outbox)
  }

  package mutating func advance(to now: Instant, into outbox: inout BroadcastOutbox) {
    while let timer = timers.popDue(at: now) {
      switch timer.kind {
      case .patience: checkRelays(of: timer.key, now: now, into: &outbox)
      case .report: if spreads[timer.key]?.isReportDue == true { writeReport(timer.key, into: &outbox) }
      case .gaps: askForGaps(now: now, into: &outbox)
      }
    }
    order.advance(to: now)
    carryOutOrder(now: now, into: &outbox)
  }

  /// Serves the arcs of silent relays another way.
  private mutating func checkRelays(of id: UInt64, now: Instant, into outbox: inout BroadcastOutbox) {
    guard let spread = spreads[id] else { return }
    var silent: [SpreadTarget] = []
    var next: Instant?
    for position in spread.branches.indices.reversed() where !spread.branches[position].rest.isEmpty {
      let checkAt = spread.branches[position].checkAt
      if checkAt <= now {
        silent += spreads[id]?.takeRest(ofBranch: position) ?? []
      } else {
        next = min(next ?? checkAt, checkAt)
      }
    }
    if let next { timers.set(.patience, key: id, at: next) }
    reroute(silent, in: id, now: now, into: &outbox)
    settleIfDone(id, into: &outbox)
  }
}
