/// News as it comes in. Most of it is known already, and that is seen before anything is decoded: a stale update costs no
/// allocation.
extension Engine {
  /// Takes in one update that was received; decodes it only when the table does not know as much already.
  ///
  /// What is malformed behind the claim of a stale update goes unnoticed: nobody reads it.
  mutating func apply(
    _ received: borrowing ReceivedUpdate, spreads: Bool, isVerified: Bool = false, now: Now,
    into outbox: inout Outbox
  ) throws(WireError) -> Bool {
    if received.claim.id == record.id {
      if received.kind != .left, plantedBug != .believesItIsDead || received.kind != .dead {
        try applyToMyself(received, now: now, into: &outbox)
        return false
      }
    } else if let index = table.find(received.claim.id) {
      if isStale(received, at: index) {
        counters.updatesStale += 1
        guard received.kind == .alive, !table.status(index).isLiving else { return false }
        if isBuriedAlone(index) {
          askBuriedAlone(index, now: now, into: &outbox)
          return false
        }
        return true
      }
    } else if received.kind != .alive {
      // Accused or gone, and never heard of: there is nobody to remember.
      if received.kind == .left { counters.updatesStale += 1 }
      return false
    }
    return apply(
      try received.decoded(sharing: interner), spreads: spreads, isVerified: isVerified, now: now, into: &outbox)
  }

  /// Takes in a newer version of a record whose older one is known; others skip it.
  mutating func apply(_ change: borrowing RecordChange, now: Now, into outbox: inout Outbox) throws(WireError) {
    guard change.claim.id != record.id, let index = table.find(change.claim.id) else { return }
    let older = table.record(index)
    guard change.claim.incarnation > older.incarnation else {
      counters.updatesStale += 1
      return
    }
    guard let body = change.body(from: older) else {
      counters.changesWithoutBase += 1
      return
    }
    let newer =
      if let interner {
        try interner.record(change.claim, body: body.rawSpan)
      } else {
        try Record(id: change.claim.id, incarnation: change.claim.incarnation, body: body.rawSpan)
      }
    _ = apply(.alive(newer), spreads: true, now: now, into: &outbox)
  }

  private mutating func applyToMyself(
    _ received: borrowing ReceivedUpdate, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    // A record of ours with a higher incarnation was not written by us: ours must rise above it, as above an accusation.
    guard received.kind != .alive || received.claim.incarnation > record.incarnation else { return }
    var asDead = received.kind == .dead
    // Nobody who was heard held us dead: there is nothing to prove.
    if asDead, case .dead(_, let evidence) = try received.decoded(sharing: interner), evidence.paths.contains(.alone) {
      asDead = false
    }
    refute(accused: received.claim.incarnation, asDead: asDead, now: now, into: &outbox)
  }

  /// Whether an update says nothing that the table does not know. Counts a record that contradicts the known one.
  private mutating func isStale(_ received: borrowing ReceivedUpdate, at index: SlotIndex) -> Bool {
    let incarnation = received.claim.incarnation
    let known = table.incarnation(index)
    guard Jump.isAcceptable(from: known, to: incarnation),
      Precedence(status: received.kind, incarnation: incarnation) <= table.precedence(index)
    else { return false }
    switch received.kind {
    case .alive:
      if plantedBug == .deadComeBack, table.status(index) == .dead { return false }
      let record = table.record(index)
      // An accusation had overtaken the record, and here is the newer one.
      if incarnation > record.incarnation, incarnation == known, table.status(index).isLiving { return false }
      if incarnation == record.incarnation, !record.isEncoded(as: received.rest) {
        counters.rejectedConflictingRecord += 1
      }
      return true
    case .suspect:
      guard table.status(index) == .suspect, incarnation == known else { return true }
      return table.knowsEvidence(received.rest, at: index)
    case .dead, .left: return true
    }
  }
}
