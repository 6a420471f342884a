/// What follows from a failed probe or an accusation: a window in which it can be cleared or refuted, then a verdict (SWIM §4.2,
/// Lifeguard §IV.B).
extension Engine {
  // MARK: Raising

  /// A probe of this node has failed: it suspects the target, in private first.
  mutating func accuse(_ index: SlotIndex, after probe: Probe, now: Now, into outbox: inout Outbox) {
    let evidence = evidence(of: probe)
    let subject = table.id(index)
    if suspicions[subject] != nil {
      support(index, evidence: evidence, now: now, into: &outbox)
      return
    }
    counters.suspicionsRaised += 1
    let claim = Update.Claim(id: subject, incarnation: table.incarnation(index))
    guard uses(.privatePhase) else {
      _ = apply(.suspect(claim, evidence), spreads: true, now: now, into: &outbox)
      _ = buryIfProven(index, now: now, into: &outbox)
      return
    }
    suspicions[subject] = Suspicion(
      subject: subject, incarnation: claim.incarnation, role: .accuser,
      window: window(for: evidence, of: subject, now: now),
      evidence: evidence, isPublic: false, firstLook: settings.firstRecheck, now: now.monotonic)
    if !buryIfProven(index, now: now, into: &outbox) { scheduleSuspicion(index, now: now) }
  }

  /// Somebody accuses a member in public: it is suspect here as well, and this node begins a suspicion of its own.
  mutating func suspect(
    _ index: SlotIndex, incarnation: UInt64, evidence: Evidence, now: Now, into outbox: inout Outbox
  ) {
    let subject = table.id(index)
    markSuspect(index, incarnation: incarnation, evidence: evidence, now: now, into: &outbox)
    if suspicions[subject]?.incarnation == incarnation {
      // Ours was private still; it goes on as it is.
      suspicions[subject]?.isPublic = true
      support(index, evidence: evidence, now: now, into: &outbox)
      return
    }
    let role = role(in: evidence)
    let isBystander = role == .bystander && uses(.jury)
    suspicions[subject] = Suspicion(
      subject: subject, incarnation: incarnation, role: role,
      window: uses(.privatePhase) && role != .accuser
        ? .fixed(settings.publicPhase) : window(for: evidence, of: subject, now: now),
      patience: isBystander ? settings.bystanderPatience + random.jitter(settings.bystanderPatience / 3) : 0,
      evidence: evidence, isPublic: true, firstLook: 0, now: now.monotonic)
    scheduleSuspicion(index, now: now)
  }

  /// Further support for an accusation: shortens the window; passed on when there is time for it to be heard.
  mutating func support(_ index: SlotIndex, evidence: Evidence, now: Now, into outbox: inout Outbox) {
    let subject = table.id(index)
    guard suspicions[subject]?.confirm(by: evidence) == true, let suspicion = suspicions[subject] else { return }
    if suspicion.isPublic { table.setEvidence(suspicion.evidence, at: index) }
    if buryIfProven(index, now: now, into: &outbox) { return }
    scheduleSuspicion(index, now: now)
    if suspicion.isPublic, !uses(.privatePhase) { spread(index, now: now) }
  }

  private mutating func markSuspect(
    _ index: SlotIndex, incarnation: UInt64, evidence: Evidence, now: Now, into outbox: inout Outbox
  ) {
    table.setStatus(.suspect, at: index, incarnation: incarnation, now: now)
    table.setEvidence(evidence, at: index)
    table.setSuspectedAt(now.wallMilliseconds, at: index)
    outbox.events.append(.suspected(table.member(index)))
    spread(index, now: now)
  }

  private func role(in evidence: Evidence) -> Suspicion.Role {
    if evidence.accuser == record.id { return .accuser }
    guard let rank = evidence.witnessList.firstIndex(of: record.id) else { return .bystander }
    return .witness(rank: rank + 1)
  }

  // MARK: Clearing

  /// The subject has answered. A private suspicion ends; a public one is the subject's to refute, and has a moment for it.
  mutating func clearSuspicion(of subject: NodeID, now: Now) {
    guard let suspicion = suspicions[subject] else { return }
    if !suspicion.isPublic {
      suspicions[subject] = nil
      counters.suspicionsCleared += 1
    } else if uses(.jury) {
      suspicions[subject]?.inconclusiveTries = 0
      suspicions[subject]?.nextLook = now.monotonic + settings.publicPhase
    }
  }

  // MARK: Time

  /// Something about a suspicion may be due: another look, the publication, the last probe, the end.
  mutating func suspicionDue(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, table.isOccupied(index), let suspicion = suspicions[table.id(index)] else { return }
    guard suspicion.incarnation == table.incarnation(index), table.status(index).isLiving else {
      suspicions[suspicion.subject] = nil
      return
    }
    let instant = now.monotonic
    guard instant >= suspicion.scheduledAt else { return }
    if !suspicion.isPublic {
      let isRipe = instant >= publication(of: suspicion)
      if isRipe, mayAccuse(now: now) {
        suspicions[suspicion.subject]?.isPublic = true
        suspicions[suspicion.subject]?.nextLook = instant
        markSuspect(index, incarnation: suspicion.incarnation, evidence: suspicion.evidence, now: now, into: &outbox)
      } else {
        if isRipe { suspicions[suspicion.subject]?.blockedUntil = instant + settings.firstRecheck }
        if instant >= suspicion.nextLook { recheck(index, now: now, into: &outbox) }
      }
    } else if !uses(.jury) {
      if instant >= suspicion.deadline, instant >= suspicion.nextLook {
        declareDead(index, now: now, into: &outbox)
        return
      }
    } else if instant >= juryStart(of: suspicion, now: now), instant >= suspicion.nextLook {
      callJury(index, now: now, into: &outbox)
    }
    scheduleSuspicion(index, now: now)
  }

  /// Sets the timer for whatever comes next. Timers that were set before find nothing to do.
  mutating func scheduleSuspicion(_ index: SlotIndex, now: Now) {
    guard let suspicion = suspicions[table.id(index)] else { return }
    let next: Instant
    if !suspicion.isPublic {
      next = min(max(publication(of: suspicion), suspicion.blockedUntil), suspicion.nextLook)
    } else if uses(.jury) {
      next = max(juryStart(of: suspicion, now: now), suspicion.nextLook)
    } else {
      next = max(suspicion.deadline, suspicion.nextLook)
    }
    let due = max(next, now.monotonic)
    suspicions[suspicion.subject]?.scheduledAt = due
    timers.set(.suspicion, key: UInt64(index.raw), at: due)
  }

  /// Looks at a private suspect once more.
  private mutating func recheck(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    let subject = table.id(index)
    guard var suspicion = suspicions[subject] else { return }
    suspicion.nextLook = now.monotonic + suspicion.lookInterval
    suspicion.lookInterval = min(settings.longestRecheck, suspicion.lookInterval / 2 * 3)
    suspicions[subject] = suspicion
    guard !probes.isProbing(subject) else { return }
    startProbe(
      index, for: .recheck, isDirectOnly: suspicion.evidence.paths.contains(.stalled), now: now, into: &outbox)
  }

  mutating func recheckFailed(_ index: SlotIndex, _ probe: Probe, now: Now, into outbox: inout Outbox) {
    support(index, evidence: evidence(of: probe), now: now, into: &outbox)
  }

  // MARK: Rules

  private func publication(of suspicion: Suspicion) -> Instant {
    let deadline = suspicion.deadline
    let lead = settings.publicPhase
    return deadline.nanoseconds > lead ? Instant(nanoseconds: deadline.nanoseconds - lead) : deadline
  }

  /// A node that has heard nobody for a period is in no position to accuse.
  private func mayAccuse(now: Now) -> Bool {
    table.livingCount < 3 || !uses(.isolation)
      || !isIsolated && hearing.silence(at: now.monotonic) <= settings.probeInterval
  }

  /// How long a suspicion with this evidence may last.
  func window(for evidence: Evidence, of subject: NodeID, now: Now) -> SuspicionWindow {
    guard uses(.shortWindow) else {
      return .classic(
        multiplier: settings.suspicionMultiplier, maxTimeoutMultiplier: settings.suspicionMaxTimeoutMultiplier,
        members: table.livingCount, interval: settings.probeInterval)
    }
    if uses(.streamEvidence), evidence.paths.contains(.stalled) { return .fixed(settings.toleratedPause) }
    // A view of two: nobody else can be asked, and a port that refuses says as much as there is to know.
    if table.livingCount == 2, evidence.paths.contains(.refused) { return .fixed(settings.publicPhase) }
    let possible = table.livingCount - 2
    let heard = hearing.others(than: subject, within: 2 * settings.probeInterval, now: now.monotonic)
    return .short(
      toleratedFreeze: settings.toleratedFreeze, possibleWitnesses: possible > 0 ? max(1, min(possible, heard)) : 0)
  }

  /// What a failed probe says.
  private func evidence(of probe: Probe) -> Evidence {
    var evidence = Evidence(accuser: record.id, paths: probe.helpers.isEmpty ? .direct : [.direct, .indirect])
    switch probe.stream {
    case .none: break
    case .dialling, .inconclusive, .refusedOnce, .diallingAgain: evidence.paths.formUnion(.stream)
    case .connected: evidence.paths.formUnion(uses(.streamEvidence) ? [.stream, .stalled] : .stream)
    case .refusedTwice: evidence.paths.formUnion([.stream, .refused])
    }
    if uses(.nackWitnesses) { evidence.add(nacksOf: probe) }
    return evidence
  }
}
