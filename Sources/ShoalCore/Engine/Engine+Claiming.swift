/// How a node comes to coordinate, and ceases to.
///
/// ```
/// settling ── unchanged for 200 ms ──▶ confirming ── most of those asked agree ──▶ coordinating
///    ▲                                     │                                            │
///    └────────── the view changes ─────────┴──── the view names another, or nobody is heard
/// ```
extension Engine {
  /// Whether this node may coordinate, if its view names it.
  private var mayCoordinate: Bool { phase == .admitted && !isIsolated && !isProvingLinks }

  /// Whether this node should claim: its view names it, it does not reign, or under an epoch that is over, and nobody else does. Who
  /// loses stands down first.
  var wantsToClaim: Bool {
    guard mayCoordinate, pullingTable == nil, coordination.named?.id == record.id,
      !table.coordination.claimants.contains(where: { $0 != myIndex })
    else { return false }
    guard let reign = record.reign, !coordination.isSuspended else { return true }
    // An election that has failed leaves the reign before without its lease.
    if settings.quorum != .none, coordination.lease?.isHeld != true { return true }
    // With a quorum a higher epoch is only an attempt of somebody, until a majority has granted it.
    return isForced || reign.epoch < (settings.quorum == .none ? highestEpoch : coordination.highestFollowed)
  }

  /// Whether an operator wants a new reign of this node.
  private var isForced: Bool { coordination.operators.forcedUntil != nil }

  // MARK: Ceasing

  /// Ends a reign of ours when the view names another member, or when we are cut off. The named one is told the epoch: it may come from
  /// beyond a split and know only older ones.
  mutating func standDownIfDue(now: Now, into outbox: inout Outbox) {
    guard record.reign != nil, phase == .admitted else {
      coordination.isSuspended = false
      // What was granted to one that leaves is free again.
      if phase == .leaving { releaseLease(into: &outbox) }
      return
    }
    guard plantedBug != .neverStandsDown else { return }
    let isNamed = coordination.named?.id == record.id || keepsReignWhileDrained
    if !coordination.isSuspended, !mayCoordinate || !isNamed { counters.reignsEnded += 1 }
    guard mayCoordinate else {
      coordination.isSuspended = true
      releaseLease(into: &outbox)
      return
    }
    guard !isNamed else { return }
    coordination.isSuspended = false
    releaseLease(into: &outbox)
    publishReign(nil, now: now, into: &outbox)
    tellNamed(into: &outbox)
  }

  // MARK: Claiming

  /// Does the next step towards a claim of ours, or waits for its time.
  mutating func pursueClaim(now: Now, into outbox: inout Outbox) {
    guard wantsToClaim, hasLivingMajority, coordination.claimToRemember == nil else {
      coordination.query = nil
      if wantsToClaim { askForSeats(now: now, into: &outbox) }
      return
    }
    // An attempt to get a lease goes on by itself.
    if let lease = coordination.lease, !lease.isHeld { return }
    guard now.monotonic >= coordination.nextAttempt else {
      armCoordination(at: coordination.nextAttempt)
      return
    }
    let settledAt = coordination.unchangedSince + settings.coordinationSettleTime
    guard now.monotonic >= settledAt else {
      armCoordination(at: settledAt)
      return
    }
    if table.livingCount > 1 { ask(now: now, into: &outbox) } else { claim(now: now, into: &outbox) }
  }

  /// The time that was waited for has come.
  mutating func coordinationDue(now: Now, into outbox: inout Outbox) {
    if let due = coordination.due, due > now.monotonic { return }
    coordination.due = nil
    guard phase == .admitted else { return }
    leaseDue(now: now, into: &outbox)
    pursueClaim(now: now, into: &outbox)
    noticeOldEpoch(now: now, into: &outbox)
    handoverDue(now: now)
    operationsDue(now: now, into: &outbox)
  }

  mutating func armCoordination(at due: Instant) {
    if let armed = coordination.due, armed <= due { return }
    coordination.due = due
    timers.set(.coordination, at: due)
  }

  /// Asks a few members whether they see the same; those who have not confirmed again, and after a few attempts others.
  private mutating func ask(now: Now, into outbox: inout Outbox) {
    if let query = coordination.query {
      guard query.againAt <= now.monotonic else {
        armCoordination(at: query.againAt)
        return
      }
      if query.attempts >= CoordinationQuery.attemptLimit { coordination.query = nil }
    }
    var query: CoordinationQuery
    if let open = coordination.query { query = open } else { query = drawQuery() }
    for place in query.asked.indices where query.isOpen(place) {
      guard let index = table.find(query.asked[place]) else { continue }
      sendCoordination(
        .coordinationQuery, sequence: query.sequence, to: index, epoch: highestEpoch, into: &outbox)
    }
    query.againAt =
      now.monotonic + CoordinationQuery.wait(attempt: query.attempts, roundTripTimeout: roundTripTimeout)
    query.attempts += 1
    coordination.query = query
    armCoordination(at: query.againAt)
  }

  /// A new question, to everybody else or to eight of them.
  private mutating func drawQuery() -> CoordinationQuery {
    var query = CoordinationQuery(sequence: drawSequence())
    guard table.livingCount - 1 > CoordinationQuery.askedLimit else {
      for index in table.living where index != myIndex { query.add(table.id(index)) }
      return query
    }
    // Draws may repeat; those who are drawn at last are enough.
    for _ in 0..<8 * CoordinationQuery.askedLimit where !query.isFull {
      guard let index = randomLiving() else { break }
      if !query.asked.contains(table.id(index)) { query.add(table.id(index)) }
    }
    return query
  }

  /// Somebody answers, or tells of an epoch unasked.
  mutating func takeAnswer(_ header: DatagramHeader, from sender: NodeID, now: Now, into outbox: inout Outbox) {
    guard var query = coordination.query, query.sequence == header.sequence,
      header.fingerprint == coordinationFingerprint, query.confirm(by: sender)
    else { return }
    counters.coordinationConfirmations += 1
    coordination.query = query
    if query.isConfirmed, wantsToClaim { claim(now: now, into: &outbox) }
  }

  private mutating func claim(now: Now, into outbox: inout Outbox) {
    let reason = reasonToClaim
    coordination.query = nil
    if settings.quorum == .none {
      coordination.claimToRemember = ReignClaim(epoch: nextEpoch(now: now), reason: reason)
      remember(now: now, into: &outbox)
    } else {
      seekLease(epoch: nextEpoch(now: now), reason: reason, now: now, into: &outbox)
    }
  }

  /// Above every epoch that is known, and the wall clock. With a quorum its last byte is one of our own, so that two that know of
  /// different epochs do not hit on the same one.
  private func nextEpoch(now: Now) -> UInt64 {
    let (next, overflow) = highestEpoch.addingReportingOverflow(1)
    let epoch = max(overflow ? .max : next, now.wallMilliseconds, 1)
    guard settings.quorum != .none else { return epoch }
    let mine = StableHash.combine(record.id.high, record.id.low) & 0xFF
    let (distinct, isTooHigh) = epoch.addingReportingOverflow((mine &- epoch) & 0xFF)
    return isTooHigh ? .max : distinct
  }

  /// What was to be claimed is remembered.
  mutating func publishRememberedClaim(now: Now, into outbox: inout Outbox) {
    guard let claim = coordination.claimToRemember else { return }
    coordination.claimToRemember = nil
    guard wantsToClaim, claim.epoch > highestEpoch else { return }
    beginReign(claim, now: now, into: &outbox)
  }

  mutating func beginReign(_ claim: ReignClaim, now: Now, into outbox: inout Outbox) {
    coordination.isSuspended = false
    coordination.operators.forcedUntil = nil
    counters.reignsClaimed += 1
    publishReign(claim, now: now, into: &outbox)
  }

  /// Why the reign before ours ended.
  private var reasonToClaim: ReignReason {
    if isForced { return .forced }
    if settings.quorum == .none, record.reign != nil, !coordination.isSuspended { return .merged }
    guard let last = coordination.history.reigns.last else {
      // With a quorum an epoch is known as soon as somebody tries to get it.
      return (settings.quorum == .none ? highestEpoch : coordination.highestFollowed) == 0 ? .first : .other
    }
    if let end = last.end { return end }
    // The one who is still followed has stood down for us.
    return withdrawal(of: last.reign.coordinator) ?? .superseded
  }

  /// Says in our record that we reign, or that we do not any more: told as a change, like tags.
  mutating func publishReign(_ claim: ReignClaim?, now: Now, into outbox: inout Outbox) {
    changedFrom = record
    publish(record.with(incarnation: record.incarnation + 1, reign: .some(claim)), now: now, into: &outbox)
    changedFrom = nil
  }
}
