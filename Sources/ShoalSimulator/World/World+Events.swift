import ShoalCore

/// What happens to the events that nodes publish: traced, logged, counted and checked.
extension World {
  /// Up to this loss nobody healthy may be declared dead by nodes that probe once a second.
  private static let tolerableLossPerMillion = 200_000

  /// At most so many views are compared at one checkpoint.
  private static let nodesPerCheckpoint = 32

  /// Sorts one event of the world to where it is handled.
  func handle(_ event: SimulatedEvent) {
    switch event {
    case .wake(let process): wake(process)
    case .packet(let id): arrive(id)
    case .dialArrives(let link): dialArrives(link)
    case .dialerReady(let link): dialerReady(link)
    case .acceptorReady(let link): acceptorReady(link)
    case .dialDeadline(let link): dialDeadline(link)
    case .frame(let link, let id, let toDialer): frameArrives(link, id, toDialer: toDialer)
    case .linkEnds(let link, let end, let toDialer): linkEnds(link, end, toDialer: toDialer)
    case .resolved(let process, let raw, let machine): resolved(process, raw: raw, machine: machine)
    case .checkpoint: checkpoint()
    }
  }

  func publish(_ event: Event, of node: VirtualNode) {
    viewVersion += 1
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    trace.add(event)
    log.add(event, by: node.index, at: clock)
    guard let member = event.member else { return }
    let subject = nodeByID[member.id].map { nodes[Int($0)] }
    count(event, subject: subject)
    if let subject, subject !== node, let departure = departureOf[subject.index] {
      departures[departure].observe(event.kind, by: node.index, at: clock)
    }
    guard checks == .all else { return }
    safety.observe(
      event, at: node, subject: facts(about: subject, name: member.name), expectations: expectations,
      now: clock)
  }

  /// Compares every running node's view with what its events said, and returns all that was found so far. O(nodes²).
  public func verify() -> [Violation] {
    guard checks == .all else { return [] }
    for node in nodes where node.state == .running { safety.compareView(of: node, now: clock) }
    return violations
  }

  /// Compares the views of some nodes: all in a small world, in a large one all in turn.
  private func checkpoint() {
    let next = min(nodes.count, nextChecked + Self.nodesPerCheckpoint)
    for node in nodes[nextChecked..<next] where node.state == .running { safety.compareView(of: node, now: clock) }
    nextChecked = next == nodes.count ? 0 : next
    queue.add(.checkpoint, at: clock + Self.checkpointInterval)
  }

  private func count(_ event: Event, subject: VirtualNode?) {
    switch event.kind {
    case .suspected: faults.suspicions += 1
    case .recovered: faults.recoveries += 1
    case .died:
      faults.deaths += 1
      if let subject, subject.state == .running { faults.falseDeaths += 1 }
    case .reaped: faults.reaps += 1
    case .joined, .updated, .left, .admitted, .isolated, .isolationEnded, .joinFailed, .stopped: break
    }
  }

  /// What healthy members may be expected to look like; nil unless nobody was paused or cut off for a while.
  private var expectations: FateChecker.Expectations? {
    guard !isSplit, tally.paused == 0 else { return nil }
    if let lastDisturbance, clock.since(lastDisturbance) <= Self.calmAfter { return nil }
    // A window of a second, as on one machine, cannot outlast what a window of several can.
    let isPatient = configuration.detection.probeInterval >= .seconds(1)
    let tolerable = isPatient ? Self.tolerableLossPerMillion : Self.tolerableLossPerMillion / 20
    return FateChecker.Expectations(
      isLossless: conditions.lossPerMillion == 0, isAccurate: conditions.lossPerMillion <= tolerable)
  }

  private func facts(about subject: VirtualNode?, name: String) -> SafetyChecks.Subject {
    guard let subject else {
      return SafetyChecks.Subject(name: name, ownerIncarnation: nil, fate: .gone, isLongGone: false)
    }
    let hasLeft = departureOf[subject.index].map { departures[$0].kind == .leave } ?? false
    let fate: FateChecker.Fate =
      switch subject.state {
      case .running where subject.engine.phase == .admitted: .healthy
      case .running, .stopped: hasLeft ? .left : .gone
      case .paused, .crashed: .gone
      }
    return SafetyChecks.Subject(
      name: subject.name, ownerIncarnation: subject.engine.myself.incarnation, fate: fate,
      isLongGone: subject.endedAt.map { clock.since($0) > .seconds(5) } ?? false)
  }
}
