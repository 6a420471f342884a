/// Two members whose views differ find out where, and tell each other just that.
///
/// ```
/// one ── digest ──▶ other          256 buckets, after an ack has shown that both ways work
/// one ◀── entries ── other         all that it holds in the buckets that differ, or four bytes of each where that is too much
/// one ── entries ──▶ other         what it lacks there, who is dead, and whom of those four bytes we know nothing
/// one ◀── entries ── other         those, and who is dead of what it was told, if anybody
/// ```
extension Engine {
  var isComparing: Bool { uses(.digestRepair) }

  /// Sends our digest to a member. An answer is awaited, but nothing depends on it: another comparison follows.
  mutating func compare(with index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard let endpoint = table.endpoint(index) else { return }
    counters.repairsStarted += 1
    let sequence = drawSequence()
    antiEntropy.comparison = AntiEntropy.Comparison(peer: table.id(index), sequence: sequence)
    paceComparison(now: now)
    let start = beginDatagram(.digest, sequence: sequence, target: .unknown, now: now, into: &outbox)
    table.digest.write(to: &outbox.bytes, salt: UInt32(truncatingIfNeeded: random.next()))
    introduceMyself(into: &outbox)
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// Sees to it that comparisons go on while nobody agrees: whom we compared with may have lacked the same, and half of what a split
  /// has left behind is refuted only after it was first told. While newcomers arrive, what is missed today is on its way anyhow.
  mutating func paceComparison(now: Now) {
    antiEntropy.pace(
      isComparing: isComparing, isPatient: areNewcomersArriving(now: now),
      members: table.livingCount, lateness: patience(now: now), at: now.monotonic, random: &random)
    if isComparing { timers.set(.compare, at: antiEntropy.nextAllowed) }
  }

  /// Compares with anybody, if still nobody agrees: while newcomers arrive, when the last one is a moment ago.
  mutating func compareAgain(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, pullingTable == nil, antiEntropy.consecutiveMatches == 0, antiEntropy.activeRepair == nil,
      antiEntropy.isDue(isPatient: false, at: now.monotonic)
    else { return }
    guard antiEntropy.isDue(isPatient: areNewcomersArriving(now: now), at: now.monotonic) else {
      let calmFrom = newcomers.expectedUntil(delay: arrivalDelay(now: now))
      timers.set(.compare, at: calmFrom + random.jitter(AntiEntropy.shortestInterval))
      return
    }
    if let peer = drawPeer() { compare(with: peer, now: now, into: &outbox) }
  }

  /// Takes note of a member that was let in a moment ago. Where many come at the same time, some miss others: whoever finds nobody to agree
  /// with compares soon after the first few, and again when no more come.
  mutating func noteNewcomer(_ index: SlotIndex, now: Now) {
    newcomers.note(index, at: now.monotonic, delay: arrivalDelay(now: now))
    if newcomers.inRow == Newcomers.burst { compareSoon(now: now) }
  }

  /// Compares in a moment, or when no newcomers arrive any more, unless somebody agrees by then.
  mutating func compareSoon(now: Now) {
    guard isComparing else { return }
    timers.set(.compare, at: now.monotonic + Newcomers.arrivalTime + random.jitter(AntiEntropy.shortestInterval))
  }

  func areNewcomersArriving(now: Now) -> Bool {
    newcomers.areArriving(at: now.monotonic, delay: arrivalDelay(now: now))
  }

  /// How much later than one newcomer the next one may become known: it waits to be announced, and is read late where we are late.
  private func arrivalDelay(now: Now) -> Nanoseconds {
    AdmissionDesk.busyGatherTime(members: table.livingCount) + patience(now: now)
  }

  /// Anybody, or every other time the one who has come back last.
  private mutating func drawPeer() -> SlotIndex? {
    if random.below(2) == 0, let returned = antiEntropy.lastReturned, let index = table.find(returned),
      table.status(index).isLiving
    {
      return index
    }
    return randomLiving()
  }

  /// Somebody whom we held dead has spoken to us: two halves may have met.
  mutating func metAgain(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard isComparing, phase == .admitted, now.monotonic >= antiEntropy.nextReunion, antiEntropy.activeRepair == nil
    else { return }
    antiEntropy.nextReunion = now.monotonic + .seconds(1)
    compare(with: index, now: now, into: &outbox)
  }
}
