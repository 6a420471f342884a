/// The end of a suspicion: a last probe, and the verdict.
extension Engine {
  /// When the last probe begins, so that its verdict is there at the deadline; witnesses follow one after the other. A node that runs
  /// late begins earlier, for its probe waits longer.
  func juryStart(of suspicion: Suspicion, now: Now) -> Instant {
    let deadline = suspicion.deadline
    let lead = min(
      5 * roundTripTimeout + probePatience(now: now),
      suspicion.window.duration(confirmations: suspicion.confirmations) / 2)
    let start = Instant(nanoseconds: deadline.nanoseconds - min(lead, deadline.nanoseconds))
    guard case .witness(let rank) = suspicion.role else { return start }
    return start + UInt64(rank) * settings.juryStagger
  }

  /// Probes a suspect for the last time.
  mutating func callJury(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    let subject = table.id(index)
    suspicions[subject]?.nextLook = now.monotonic + settings.juryInterval
    guard !probes.entries.contains(where: { $0.target == subject && $0.purpose == .jury }),
      probes.entries.count(where: { $0.purpose == .jury }) < Jury.limit
    else { return }
    startProbe(index, for: .jury, now: now, into: &outbox)
  }

  mutating func juryFailed(_ index: SlotIndex, _ probe: Probe, now: Now, into outbox: inout Outbox) {
    let subject = table.id(index)
    guard var suspicion = suspicions[subject], suspicion.isPublic else { return }
    // Without the rules for a node that is cut off, its own silence holds back no verdict: nothing else would ever end it.
    let silence = uses(.isolation) ? hearing.silence(at: now.monotonic) : 0
    if probe.nackCount == 0 { suspicion.inconclusiveTries += 1 }
    if silence > 2 * Jury.hearing { suspicion.inconclusiveTries = 0 }
    if uses(.nackWitnesses) { suspicion.evidence.add(nacksOf: probe) }
    suspicion.nextLook = now.monotonic + settings.juryInterval
    suspicions[subject] = suspicion
    let findings = Jury.Findings(
      nacks: probe.nackCount, possibleWitnesses: max(0, table.livingCount - 2),
      inconclusiveTries: suspicion.inconclusiveTries,
      silence: silence)
    if Jury.judge(findings) == .dead, now.monotonic >= suspicion.deadline || suspicion.role != .bystander {
      declareDead(index, now: now, into: &outbox)
    } else {
      scheduleSuspicion(index, now: now)
    }
  }

  /// Refused twice, and a witness heard nothing either: there is nothing to wait for.
  mutating func buryIfProven(_ index: SlotIndex, now: Now, into outbox: inout Outbox) -> Bool {
    guard uses(.streamEvidence), uses(.shortWindow), let suspicion = suspicions[table.id(index)],
      suspicion.role == .accuser, suspicion.evidence.paths.contains(.refused), !suspicion.evidence.witnessList.isEmpty
    else { return false }
    return declareDead(index, now: now, into: &outbox)
  }

  /// Declares a suspect dead; false when this node has declared too many lately, and tries again soon.
  @discardableResult
  mutating func declareDead(_ index: SlotIndex, now: Now, into outbox: inout Outbox) -> Bool {
    let subject = table.id(index)
    guard let suspicion = suspicions[subject] else { return false }
    if uses(.accusationBudget), !accusationBudget.take(at: now.monotonic) {
      counters.verdictsPostponed += 1
      suspicions[subject]?.nextLook = now.monotonic + settings.juryInterval
      scheduleSuspicion(index, now: now)
      return false
    }
    counters.deathsDeclared += 1
    if table.status(index) == .alive { table.setSuspectedAt(now.wallMilliseconds, at: index) }
    table.setEvidence(suspicion.evidence, at: index)
    endProbes(of: subject, into: &outbox)
    bury(index, as: .dead, reason: nil, incarnation: suspicion.incarnation, now: now, into: &outbox)
    table.setDecidedHere(true, at: index)
    return true
  }
}
