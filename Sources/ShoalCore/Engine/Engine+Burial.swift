/// Members that are gone: how they are remembered, looked for once more, and forgotten.
extension Engine {
  /// Declares a member dead or left, tells everybody, and remembers it.
  mutating func bury(
    _ index: SlotIndex, as status: MemberStatus, reason: LeaveReason?, incarnation: UInt64, now: Now,
    into outbox: inout Outbox
  ) {
    let wasDeadBefore = table.status(index) == .dead
    if table.status(index).isLiving { hashRing.remove(index, in: table) }
    table.setStatus(status, at: index, incarnation: incarnation, now: now)
    table.setLeaveReason(reason, at: index)
    suspicions[table.id(index)] = nil
    antiEntropy.viewChanged(at: now.monotonic)
    ring.note(index, due: now.monotonic + settings.ringDelay, in: table)
    let member = table.member(index)
    outbox.events.append(status == .left ? .left(member) : .died(member))
    metadataOwnerGone(index, now: now, into: &outbox)
    if !wasDeadBefore { remember(burialOf: index, now: now, into: &outbox) }
    spread(index, now: now)
  }

  /// Enters a tombstone in the order of burial; beyond the limit the oldest is forgotten.
  mutating func remember(burialOf index: SlotIndex, now: Now, into outbox: inout Outbox) {
    table.setBuriedAt(now.monotonic, at: index)
    if burials.isEmpty { timers.set(.reap, at: now.monotonic + settings.tombstoneLifetime) }
    burials.append(Burial(index: index, buriedAt: now.monotonic))
    while burials.count > settings.tombstoneLimit, let oldest = burials.popFirst() {
      forget(oldest, into: &outbox)
    }
  }

  /// Forgets tombstones whose time is over.
  mutating func reap(now: Now, into outbox: inout Outbox) {
    guard plantedBug != .neverReaps else { return }
    while let first = burials.first, now.monotonic.since(first.buriedAt) >= settings.tombstoneLifetime {
      _ = burials.popFirst()
      forget(first, into: &outbox)
    }
    if let next = burials.first { timers.set(.reap, at: next.buriedAt + settings.tombstoneLifetime) }
  }

  /// Burials of members that have come back since, or were buried anew, are skipped.
  private mutating func forget(_ burial: Burial, into outbox: inout Outbox) {
    guard burial.index != myIndex, table.isOccupied(burial.index), !table.status(burial.index).isLiving,
      table.buriedAt(burial.index) == burial.buriedAt
    else { return }
    outbox.events.append(.reaped(table.member(burial.index)))
    metadata.remove(table.id(burial.index))
    ring.forget(burial.index, in: table)
    table.reap(burial.index)
  }

  /// Pings one of the dead, in case a split has healed: the ping tells it that it is held dead, its ack brings the refutation.
  mutating func heal(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted else { return }
    timers.set(.heal, at: now.monotonic + settings.healInterval + random.jitter(settings.healInterval))
    guard let burial = burials.random(&random), table.isOccupied(burial.index), table.status(burial.index) == .dead
    else { return }
    ping(burial.index, for: .heal, timeout: settings.probeTimeout, now: now, into: &outbox)
  }

  /// Does this node's share of asking the dead: all members together ask each of them now and then.
  mutating func healByTurns(now: Now, into outbox: inout Outbox) {
    let elapsed = now.monotonic.since(lastHealTurn)
    guard elapsed >= HealPacing.pause else { return }
    lastHealTurn = now.monotonic
    guard let burial = burials.random(&random), table.isOccupied(burial.index),
      table.status(burial.index) == .dead, table.buriedAt(burial.index) == burial.buriedAt,
      HealPacing.asks(
        dead: burials.count, living: table.livingCount, elapsed: elapsed, age: now.monotonic.since(burial.buriedAt),
        random: &random),
      let endpoint = table.endpoint(burial.index), !holdsLiving(endpoint)
    else { return }
    ping(burial.index, for: .heal, timeout: settings.probeTimeout, now: now, into: &outbox)
  }
}

/// One of the dead and left, who wait to be forgotten in the order in which they were buried.
struct Burial: BitwiseCopyable {
  var index: SlotIndex
  var buriedAt: Instant
}

extension Fifo<Burial> {
  func random(_ random: inout PRNG) -> Burial? { isEmpty ? nil : self[random.below(count)] }
}
