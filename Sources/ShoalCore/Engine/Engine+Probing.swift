/// SWIM's probe (§3.1, §4.1) with Lifeguard's nacks and local health (§IV.A).
extension Engine {
  /// Judges the last probe and starts the next. Exactly one a period, never two to catch up.
  mutating func probePeriod(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let myIndex else { return }
    finishProbe(now: now, into: &outbox)
    timers.set(.probe, at: now.monotonic + health.scaled(settings.probeInterval))
    checkRival(now: now, into: &outbox)
    guard let target = schedule.next(in: table, myself: myIndex, random: &random) else { return }
    let sequence = drawSequence()
    probe = Probe(target: table.id(target), sequence: sequence)
    counters.probesStarted += 1
    timers.set(.probeTimeout, key: UInt64(sequence), at: now.monotonic + health.scaled(settings.probeTimeout))
    send(.ping, sequence: sequence, to: target, now: now, into: &outbox)
  }

  /// No ack in time: asks helpers, and pings once more, this time with our own record, should the target not know us.
  mutating func askHelpers(sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard var current = probe, current.sequence == sequence, !current.isAcked, phase == .admitted,
      let target = table.find(current.target)
    else { return }
    send(.ping, sequence: sequence, to: target, introducingMyself: true, now: now, into: &outbox)
    // A few more draws than helpers wanted: draws may repeat, or hit the target.
    for _ in 0..<3 * settings.indirectProbeCount where current.helpers.count < settings.indirectProbeCount {
      guard let helper = randomLiving() else { break }
      let id = table.id(helper)
      guard helper != target, !current.helpers.contains(id) else { continue }
      current.helpers.append(id)
      counters.indirectProbesRequested += 1
      send(.pingRequest, sequence: sequence, to: helper, target: current.target, now: now, into: &outbox)
    }
    probe = current
  }

  /// Probes on behalf of another node.
  mutating func relay(_ header: DatagramHeader, requester: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard let target = table.find(header.target), target != myIndex, !pending.isFull else {
      send(.nack, sequence: header.sequence, to: requester, now: now, into: &outbox)
      return
    }
    ping(
      target, for: .relay(requester: table.id(requester), sequence: header.sequence),
      // Our word must be there before the requester's period ends, so a nack leaves at 4/5 of the timeout.
      timeout: settings.probeTimeout / 5 * 4, now: now, into: &outbox)
  }

  /// Pings a member for a purpose other than the probe; dropped when too many wait already.
  mutating func ping(
    _ index: SlotIndex, for purpose: PendingPing.Purpose, timeout: Nanoseconds, now: Now, into outbox: inout Outbox
  ) {
    guard !pending.isFull else { return }
    let sequence = drawSequence()
    let deadline = now.monotonic + timeout
    pending.add(PendingPing(sequence: sequence, target: table.id(index), deadline: deadline, purpose: purpose))
    timers.set(.relay, key: UInt64(sequence), at: deadline)
    send(.ping, sequence: sequence, to: index, introducingMyself: true, now: now, into: &outbox)
  }

  /// A ping of `ping(_:for:)` went unanswered.
  mutating func pingExpired(sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard let ping = pending.take(sequence: sequence) else { return }
    switch ping.purpose {
    case .relay(let requester, let theirs):
      if let index = table.find(requester) { send(.nack, sequence: theirs, to: index, now: now, into: &outbox) }
    case .nameHolder(let stream): nameHolderSilent(stream, now: now, into: &outbox)
    case .hearsay, .rival, .heal: break
    }
  }

  mutating func nacked(_ sequence: UInt32, by helper: NodeID) {
    guard var current = probe, current.sequence == sequence, current.helpers.contains(helper),
      !current.nacks.contains(helper)
    else { return }
    counters.nacksReceived += 1
    current.nacks.append(helper)
    probe = current
  }

  private mutating func finishProbe(now: Now, into outbox: inout Outbox) {
    guard let finished = probe else { return }
    probe = nil
    guard !finished.isAcked, let target = table.find(finished.target), table.status(target).isLiving else { return }
    counters.probesFailed += 1
    health.apply(finished.healthPenalty)
    var evidence = Evidence(accuser: record.id, paths: finished.helpers.isEmpty ? .direct : [.direct, .indirect])
    for witness in finished.nacks { evidence.add(witness: witness) }
    counters.suspicionsRaised += 1
    let claim = Update.Claim(id: finished.target, incarnation: table.incarnation(target))
    _ = apply(.suspect(claim, evidence), spreads: true, now: now, into: &outbox)
  }
}
