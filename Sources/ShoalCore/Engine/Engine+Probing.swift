/// SWIM's probe (§3.1, §4.1) with Lifeguard's nacks and local health (§IV.A), timeouts that follow the round trip, and TCP.
extension Engine {
  /// Starts the probe of this period. One a period; what went by while this node ran late is not made up for.
  mutating func probePeriod(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let myIndex else { return }
    if !uses(.adaptiveTimeout) { concludePeriodic(now: now, into: &outbox) }
    checkRival(now: now, into: &outbox)
    watchIsolation(now: now, into: &outbox)
    newcomers.expire(at: now.monotonic)
    if isComparing { healByTurns(now: now, into: &outbox) }
    searchSeedsIfDue(now: now, into: &outbox)
    let target = nextTarget(myself: myIndex, now: now)
    planNextProbe(myself: myIndex, now: now)
    guard let target, !probes.isProbing(table.id(target)) else { return }
    counters.probesStarted += 1
    startProbe(target, for: .periodic, now: now, into: &outbox)
  }

  /// Whom to probe in this period: aligned, or the next of a shuffled round while the ring is not agreed on.
  private mutating func nextTarget(myself: SlotIndex, now: Now) -> SlotIndex? {
    guard uses(.alignedProbing) else { return table.nextInRound(besides: myself, random: &random) }
    ring.settle(now: now.monotonic, in: table)
    // While views differ so do rings, and a member may be nobody's target: every other probe is a shuffled one.
    let isDoubtful = antiEntropy.consecutiveMatches == 0 && probeEpoch % 2 == 1
    if !isDoubtful, let position = ring.position(of: myself, in: table) {
      let offset = AlignedProbing.offset(epoch: probeEpoch, count: ring.count)
      if let target = ring.target(from: position, distance: offset, in: table) { return target }
    }
    return table.nextInRound(besides: myself, random: &random)
  }

  private mutating func planNextProbe(myself: SlotIndex, now: Now) {
    let interval = settings.probeInterval
    guard uses(.alignedProbing) else {
      timers.set(.probe, at: now.monotonic + health.scaled(interval))
      return
    }
    let milliseconds = max(1, interval / .milliseconds(1))
    let next = AlignedProbing.next(after: probeEpoch, current: now.wallMilliseconds / milliseconds)
    probeEpoch = next.epoch
    var target = myself
    if let position = ring.position(of: myself, in: table) {
      let offset = AlignedProbing.offset(epoch: next.epoch, count: ring.count)
      target = ring.target(from: position, distance: offset, in: table) ?? myself
    }
    let phase = AlignedProbing.phase(of: table.id(target), count: ring.count, interval: milliseconds)
    let (start, overflow) = next.epoch.multipliedReportingOverflow(by: milliseconds)
    let due = overflow ? now.wallMilliseconds : start &+ phase
    let wait = due > now.wallMilliseconds ? min(due - now.wallMilliseconds, 2 * milliseconds) : 0
    // Whatever the wall says: within two periods, and after a jump not before a whole one.
    let bounded = min(2 * interval, .milliseconds(wait) - min(.milliseconds(wait), now.wallFraction))
    timers.set(.probe, at: now.monotonic + (next.hasJumped ? max(interval, bounded) : bounded))
  }

  // MARK: One probe

  /// Begins a probe, unless too many are under way.
  ///
  /// - Parameter excluded: helpers that have been asked in vain.
  mutating func startProbe(
    _ index: SlotIndex, for purpose: Probe.Purpose, excluding excluded: HelperList = HelperList(),
    isDirectOnly: Bool = false,
    now: Now, into outbox: inout Outbox
  ) {
    guard !probes.isFull else { return }
    let timeout: Nanoseconds
    let span: Nanoseconds
    let patience = probePatience(now: now)
    if uses(.adaptiveTimeout) {
      timeout = roundTripTimeout
      span = isDirectOnly ? 2 * timeout : 2 * timeout + 5 * timeout * UInt64(1 + health.score / 2)
    } else {
      timeout = health.scaled(settings.probeTimeout)
      span = health.scaled(settings.probeInterval)
    }
    var probe = Probe(
      target: table.id(index), purpose: purpose, sequence: drawSequence(), startedAt: now.monotonic, timeout: timeout,
      verdictAt: now.monotonic + span + 2 * patience,
      lastPingAt: now.monotonic)
    probe.isDirectOnly = isDirectOnly
    // Asked in vain already: passed over when helpers are drawn, and not counted among those who may nack.
    probe.excluded = excluded
    timers.set(.probeStep, key: UInt64(probe.sequence), at: now.monotonic + timeout + patience)
    send(.ping, sequence: probe.sequence, to: index, now: now, into: &outbox)
    probes.add(probe)
  }

  /// One timeout has passed without an answer: the next step, or the verdict.
  mutating func probeStep(sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let position = probes.position(answering: sequence) else { return }
    guard now.monotonic < probes[position].verdictAt, let target = table.find(probes[position].target) else {
      conclude(position, now: now, into: &outbox)
      return
    }
    let lastStep = uses(.adaptiveTimeout) ? 3 : 1
    guard probes[position].steps < lastStep else {
      // A stall has moved the verdict.
      timers.set(.probeStep, key: UInt64(sequence), at: probes[position].verdictAt)
      return
    }
    probes[position].steps += 1
    let step = probes[position].steps
    if uses(.adaptiveTimeout) {
      pingAgain(position, target, introducingMyself: step == 2, now: now, into: &outbox)
      if step == 2, !probes[position].isDirectOnly {
        askHelpers(position, target, now: now, into: &outbox)
        if uses(.streamPing) { dialProbe(position, target, into: &outbox) }
      } else if step == 3 {
        if probes[position].stream == .refusedOnce { dialProbe(position, target, into: &outbox) }
        askSilentHelpers(position, now: now, into: &outbox)
      }
    } else {
      pingAgain(position, target, introducingMyself: true, now: now, into: &outbox)
      askHelpers(position, target, now: now, into: &outbox)
      if uses(.streamPing) { dialProbe(position, target, into: &outbox) }
    }
    guard !concludeIfDecided(position, now: now, into: &outbox) else { return }
    let probe = probes[position]
    // After a stall the steps lie later than they were drawn.
    let next = max(probe.startedAt + probe.timeout * UInt64(step + 1), now.monotonic + probe.timeout / 2)
    timers.set(.probeStep, key: UInt64(sequence), at: step >= lastStep ? probe.verdictAt : min(next, probe.verdictAt))
  }

  private mutating func pingAgain(
    _ position: Int, _ target: SlotIndex, introducingMyself: Bool, now: Now, into outbox: inout Outbox
  ) {
    let attempt = min(probes[position].lastAttempt + 1, Exchange.attempts - 1)
    probes[position].lastAttempt = attempt
    probes[position].lastPingAt = now.monotonic
    send(
      .ping, sequence: probes[position].sequence + attempt, to: target, introducingMyself: introducingMyself, now: now,
      into: &outbox)
  }

  private mutating func askHelpers(_ position: Int, _ target: SlotIndex, now: Now, into outbox: inout Outbox) {
    // A few more draws than helpers wanted: draws may repeat, or hit the target.
    for _ in 0..<4 * settings.indirectProbeCount where probes[position].helpers.count < settings.indirectProbeCount {
      guard let helper = randomLiving() else { break }
      let id = table.id(helper)
      guard helper != target, !probes[position].helpers.contains(id), !probes[position].excluded.contains(id) else {
        continue
      }
      probes[position].addHelper(id)
      ask(helper, for: position, now: now, into: &outbox)
    }
  }

  /// Requests are lost like everything else: those who have said nothing are asked once more.
  private mutating func askSilentHelpers(_ position: Int, now: Now, into outbox: inout Outbox) {
    for helper in probes[position].helpers.indices where !probes[position].hasNacked(helper) {
      guard let index = table.find(probes[position].helpers[helper]) else { continue }
      ask(index, for: position, now: now, into: &outbox)
    }
  }

  private mutating func ask(_ helper: SlotIndex, for position: Int, now: Now, into outbox: inout Outbox) {
    counters.indirectProbesRequested += 1
    send(
      .pingRequest, sequence: probes[position].sequence, to: helper, target: probes[position].target, now: now,
      into: &outbox)
  }

  /// A helper has tried and heard nothing either.
  mutating func nacked(_ sequence: UInt32, by helper: NodeID, now: Now, into outbox: inout Outbox) {
    guard let position = probes.position(answering: sequence), probes[position].nacked(by: helper) else { return }
    counters.nacksReceived += 1
    _ = concludeIfDecided(position, now: now, into: &outbox)
  }

  // MARK: Answers

  /// Takes in an ack. True when a probe was waiting for it.
  mutating func probeAnswered(_ sequence: UInt32, by sender: NodeID, now: Now, into outbox: inout Outbox) -> Bool {
    guard let position = probes.position(answering: sequence),
      probes[position].target == sender || probes[position].helpers.contains(sender)
    else { return false }
    let probe = probes[position]
    let attempt = Exchange.attempt(of: sequence)
    if probe.target == sender {
      if attempt == 0 {
        roundTrip.sample(now.monotonic.since(probe.startedAt))
      } else if attempt == probe.lastAttempt {
        roundTrip.sample(now.monotonic.since(probe.lastPingAt))
      }
    }
    if probe.purpose == .periodic {
      counters.probesAcked += 1
      health.apply(-1)
    }
    noteReached(probe.target, directly: probe.target == sender, via: sender, now: now)
    answered(probe.target, now: now, into: &outbox)
    return true
  }

  /// A member has shown that it lives and hears us: what accuses it here ends.
  mutating func answered(_ subject: NodeID, now: Now, into outbox: inout Outbox) {
    endProbes(of: subject, into: &outbox)
    clearSuspicion(of: subject, now: now)
  }

  mutating func endProbes(of subject: NodeID, into outbox: inout Outbox) {
    guard !probes.entries.isEmpty else { return }
    for position in probes.entries.indices where probes[position].target == subject {
      closeStream(of: probes[position], into: &outbox)
    }
    probes.removeAll(of: subject)
  }

  // MARK: Verdicts

  /// Ends a probe whose helpers have all nacked, once the last ping has had its time and TCP has said what it will.
  mutating func concludeIfDecided(_ position: Int, now: Now, into outbox: inout Outbox) -> Bool {
    let probe = probes[position]
    guard uses(.adaptiveTimeout), probe.steps >= 3, probe.isUnanimous, !probe.stream.isUndecided else { return false }
    conclude(position, now: now, into: &outbox)
    return true
  }

  private mutating func concludePeriodic(now: Now, into outbox: inout Outbox) {
    while let position = probes.entries.firstIndex(where: { $0.purpose == .periodic }) {
      conclude(position, now: now, into: &outbox)
    }
  }

  /// Nobody has answered.
  private mutating func conclude(_ position: Int, now: Now, into outbox: inout Outbox) {
    let probe = probes.remove(at: position)
    closeStream(of: probe, into: &outbox)
    guard let target = table.find(probe.target), table.status(target).isLiving else { return }
    switch probe.purpose {
    case .periodic:
      counters.probesFailed += 1
      health.apply(probe.healthPenalty)
      if probe.nackCount == 0 { damping.gap(at: now.monotonic, isIsolated: isIsolated) }
      // Nobody has said anything: rather our own trouble than the target's. Others are asked before it is accused.
      if uses(.adaptiveTimeout), probe.nackCount == 0, !probe.helpers.isEmpty, probe.stream.isSilent {
        startProbe(
          target, for: .secondOpinion, excluding: probe.helpers, now: now, into: &outbox)
      } else {
        accuse(target, after: probe, now: now, into: &outbox)
      }
    case .secondOpinion: accuse(target, after: probe, now: now, into: &outbox)
    case .recheck: recheckFailed(target, probe, now: now, into: &outbox)
    case .jury: juryFailed(target, probe, now: now, into: &outbox)
    }
  }

  // MARK: Rules in use

  func uses(_ feature: Features) -> Bool { settings.features.contains(feature) }

  /// How much longer a probe waits. Whoever runs late reads answers late: what is asked too early would only have more to do.
  func probePatience(now: Now) -> Nanoseconds { uses(.adaptiveTimeout) ? patience(now: now) : 0 }

  /// How long one answer may take before it is asked for again.
  var roundTripTimeout: Nanoseconds { roundTrip.timeout(ceiling: settings.probeInterval / 2) }
}
