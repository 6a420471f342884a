import ShoalCore
import ShoalSecurity

/// What happens to the events that nodes publish: traced, logged, counted and checked.
extension World {
  /// Up to this loss nobody healthy may be declared dead by nodes that probe once a second. Without a last probe before a verdict, plain
  /// SWIM at 20 % rarely loses all eight copies of a refutation to one observer: three of 1,500 clusters of ten, in 26 s each.
  private static let tolerableLossPerMillion = 50_000

  /// Sorts one event of the world to where it is handled.
  func handle(_ event: SimulatedEvent) {
    switch event {
    case .wake(let process): wake(process)
    case .messengerWake(let process): wakeMessenger(process)
    case .messagesDue: messagesDue()
    case .packet(let id): arrive(id)
    case .dialAttempt(let link): dialAttempt(link)
    case .dialArrives(let link): dialArrives(link)
    case .dialConnected(let link): dialConnected(link)
    case .patienceEnds(let link, let toDialer): patienceEnds(link, toDialer: toDialer)
    case .segment(let link, let toDialer): segmentArrives(link, toDialer: toDialer)
    case .linkEnds(let link, let end, let toDialer): linkEnds(link, end, toDialer: toDialer)
    case .resolved(let process, let raw, let machine): resolved(process, raw: raw, machine: machine)
    case .memoryKept(let process, let version): memoryKept(version, at: process)
    case .faultBegins(let number): faultBegins(number)
    case .faultEnds(let number): faultEnds(number)
    case .forgeryDue(let number): forgeryDue(number)
    case .keysRetire(let generation): keysRetire(before: Int(generation))
    case .action(let number): perform(number)
    case .checkpoint: checkpoint()
    }
  }

  func publish(_ event: Event, of node: VirtualNode) {
    viewVersion += 1
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    trace.add(event)
    log.add(event, by: node.index, at: clock)
    node.eventsPublished += 1
    if onEvent != nil {
      unobserved.append(
        NodeEvent(time: now, node: node.name, kind: NodeEvent.Kind(event.kind), member: event.member))
    }
    if case .stopped(.left(.evicted)) = event { faults.evictionsHeard += 1 }
    if case .reaped(let member) = event { node.sealed?.forget(member.id) }
    if case .coordinatorChanged(let reign) = event { follow(reign, at: node) }
    guard let member = event.member else { return }
    let subject = nodeByID[member.id].map { nodes[Int($0)] }
    count(event, by: node, subject: subject)
    measure(event, by: node, about: subject)
    if let subject, subject !== node, let departure = departureOf[subject.index] {
      departures[departure].observe(event.kind, by: node.index, at: clock)
    }
    guard checks == .all else { return }
    safety.observe(
      event, at: node, subject: facts(about: subject, name: member.name), expectations: expectations,
      now: clock)
  }

  private func follow(_ reign: Reign?, at node: VirtualNode) {
    // Each reign is counted once: where it is.
    if let reign, reign.coordinator == node.id {
      faults.reigns += 1
      switch reign.reason {
      case .merged: faults.reignsMerged += 1
      case .drained: faults.reignsDrained += 1
      case .abdicated: faults.reignsAbdicated += 1
      case .forced: faults.reignsForced += 1
      case .first, .left, .died, .superseded, .isolated, .leaseLost, .other: break
      }
    }
    guard checks == .all else { return }
    safety.observe(reign, at: node, now: clock)
    if configuration.coordination.quorum != .none, let reign, reign.coordinator == node.id {
      checkNewReign(reign, of: node)
    }
  }

  private func count(_ event: Event, by node: VirtualNode, subject: VirtualNode?) {
    switch event.kind {
    case .suspected: faults.suspicions += 1
    case .recovered: faults.recoveries += 1
    case .died:
      faults.deaths += 1
      guard let subject, subject.state == .running else { return }
      faults.falseDeaths += 1
      if isHealthy(subject), isHealthy(node), active.allSatisfy({ !$0.fault.kind.disturbs || isEvenLoss($0.fault) }) {
        faults.healthyDeaths += 1
      }
    case .reaped: faults.reaps += 1
    case .metadataChanged: faults.metadataLearned += subject === node ? 0 : 1
    case .joined, .updated, .left, .admitted, .isolated, .isolationEnded, .joinFailed, .coordinatorChanged, .stopped:
      break
    }
  }

  /// Nothing is wrong with a process, and nothing was for a while.
  private func isHealthy(_ node: VirtualNode) -> Bool {
    !node.isImpaired(at: clock, within: Self.calmAfter) && node.engine.phase == .admitted
      && (lastSplit.map { clock.since($0) > Self.calmAfter } ?? true)
  }

  private func isEvenLoss(_ fault: Fault) -> Bool {
    if case .loss = fault { true } else { false }
  }

  /// What healthy members may be expected to look like; nil unless nobody was paused or cut off for a while.
  private var expectations: FateChecker.Expectations? {
    guard tally.paused == 0, active.allSatisfy({ !$0.fault.kind.disturbs }) else { return nil }
    if let lastDisturbance, clock.since(lastDisturbance) <= Self.calmAfter { return nil }
    // A window of a second, as on one machine, cannot outlast what a window of several can.
    let isPatient = configuration.detection.probeInterval >= .seconds(1)
    let tolerable = isPatient ? Self.tolerableLossPerMillion : Self.tolerableLossPerMillion / 20
    return FateChecker.Expectations(
      isLossless: conditions.lossPerMillion == 0,
      isAccurate: conditions.lossPerMillion <= tolerable && hasWholeDetection)
  }

  /// Whether failure detection is one that is meant to be used: all of its ideas together, or none. Some are safe only with others.
  private var hasWholeDetection: Bool {
    configuration.features.isEmpty || configuration.features == .all
  }

  private func facts(about subject: VirtualNode?, name: String) -> SafetyChecks.Subject {
    guard let subject else {
      return SafetyChecks.Subject(name: name, ownerIncarnation: nil, fate: .gone, isLongGone: false)
    }
    // Once no tombstone may be left of it, one that said goodbye cannot be told from one that fell silent.
    let isForgotten =
      subject.endedAt.map { clock.since($0) > Nanoseconds(configuration.membership.tombstoneLifetime) } ?? false
    let departure = departureOf[subject.index].map { departures[$0].kind }
    let hasLeft = departure == .leave || departure == .evict
    let fate: FateChecker.Fate =
      switch subject.state {
      // One that has yet to prove its links is rightly held dead until then.
      case .running where subject.engine.isProvingLinks: .gone
      // An eviction spreads as a goodbye does, whether or not its subject has heard of it.
      case .running where subject.engine.phase == .admitted && departure != .evict: .healthy
      case .running, .stopped: hasLeft && !isForgotten ? .left : .gone
      case .paused, .crashed: .gone
      }
    return SafetyChecks.Subject(
      name: subject.name, ownerIncarnation: subject.engine.ownIncarnation, fate: fate,
      isLongGone: subject.endedAt.map { clock.since($0) > .seconds(5) } ?? false)
  }
}
