/// What follows from an accusation: a window in which it can be refuted, then death (SWIM §4.2, Lifeguard §IV.B).
extension Engine {
  /// Marks a member suspect and starts this node's own suspicion of it.
  mutating func suspect(
    _ index: SlotIndex, incarnation: UInt64, evidence: Evidence, now: Now, into outbox: inout Outbox
  ) {
    let window = suspicionWindow
    table.setStatus(.suspect, at: index, incarnation: incarnation, now: now)
    table[index].evidence = evidence
    table[index].suspectedAt = now.wallMilliseconds
    let suspicion = Suspicion(
      subject: table.id(index), incarnation: incarnation, evidence: evidence, minimum: window.minimum,
      maximum: window.maximum, expectedConfirmations: window.confirmations, now: now.monotonic)
    suspicions[suspicion.subject] = suspicion
    timers.set(.suspicion, key: UInt64(index.raw), at: suspicion.deadline)
    outbox.events.append(.suspected(table[index].member))
    spread(index, now: now)
  }

  /// Further support for an accusation: shortens the window, and is passed on when it says something new.
  mutating func confirm(_ index: SlotIndex, evidence: Evidence, now: Now) {
    let subject = table.id(index)
    guard suspicions[subject]?.confirm(by: evidence) == true, let suspicion = suspicions[subject] else {
      return
    }
    table[index].evidence?.merge(evidence)
    timers.set(.suspicion, key: UInt64(index.raw), at: suspicion.deadline)
    spread(index, now: now)
  }

  /// Declares a suspect dead if its window is over. Timers of refuted or shortened suspicions find nothing to do.
  mutating func suspicionExpired(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, table.isOccupied(index), table.status(index) == .suspect,
      let suspicion = suspicions[table.id(index)], suspicion.incarnation == table.incarnation(index),
      suspicion.deadline <= now.monotonic
    else { return }
    counters.deathsDeclared += 1
    bury(index, as: .dead, reason: nil, incarnation: suspicion.incarnation, now: now, into: &outbox)
    table[index].decidedHere = true
  }

  /// Answers an accusation of this node itself: a higher incarnation beats it everywhere.
  mutating func refute(accused incarnation: UInt64, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let myIndex else { return }
    guard incarnation >= record.incarnation else {
      // Refuted already, yet the accuser has not heard: tell it once more.
      spread(myIndex, now: now)
      return
    }
    guard Jump.isAcceptable(from: record.incarnation, to: incarnation) else {
      counters.rejectedJump += 1
      return
    }
    counters.refutationsSent += 1
    health.apply(1)
    publish(record.with(incarnation: max(record.incarnation, incarnation) + 1), now: now, into: &outbox)
  }

  private var suspicionWindow: (minimum: Nanoseconds, maximum: Nanoseconds, confirmations: Int) {
    let members = table.livingCount
    let minimum = SuspicionWindow.minimum(
      multiplier: settings.suspicionMultiplier, members: members, interval: settings.probeInterval)
    let (maximum, overflow) = minimum.multipliedReportingOverflow(by: UInt64(settings.suspicionMaxTimeoutMultiplier))
    // As many independent accusers as there can be, beyond the first; in small clusters nobody is waited for.
    let wanted = max(0, settings.suspicionMultiplier - 2)
    return (minimum, overflow ? .max : maximum, members - 2 < wanted ? 0 : wanted)
  }
}
