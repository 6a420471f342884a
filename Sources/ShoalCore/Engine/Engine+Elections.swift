/// A new reign on demand: whoever the view names claims a higher epoch, also when it reigns already.
///
/// Any member may ask, and asks again until there is a reign above the epoch that it knew. The named one goes through the same
/// confirmation as for any other claim, and at most once a second, so that epochs cannot be made to race.
extension Engine {
  mutating func elect(now: Now, into outbox: inout Outbox) throws(OperationRefusal) {
    guard settings.isCoordinating else { throw .coordinationOff }
    guard !isIsolated, !isProvingLinks else { throw .isolated }
    guard coordination.named != nil else { throw .nobodyEligible }
    guard hasLivingMajority else { throw .noQuorum }
    coordination.operators.election = OperatorState.Election(
      epoch: highestEpoch, until: now.monotonic + OperatorState.forceTime, againAt: now.monotonic)
    pursueElection(now: now, into: &outbox)
  }

  /// Asks the named member, and one that still reigns although another is named; again after a while, until there is a new reign.
  mutating func pursueElection(now: Now, into outbox: inout Outbox) {
    guard var election = coordination.operators.election else { return }
    guard phase == .admitted, now.monotonic < election.until, (coordination.reign?.epoch ?? 0) <= election.epoch else {
      coordination.operators.election = nil
      return
    }
    if election.againAt <= now.monotonic {
      election.againAt = now.monotonic + OperatorState.electionInterval
      coordination.operators.election = election
      let named = coordination.named?.index
      let reigning = coordination.reign.flatMap { table.find($0.coordinator) }
      if let named { force(at: named, above: election.epoch, now: now, into: &outbox) }
      if let reigning, reigning != named { force(at: reigning, above: election.epoch, now: now, into: &outbox) }
    }
    armCoordination(at: election.againAt)
  }

  private mutating func force(at index: SlotIndex, above epoch: UInt64, now: Now, into outbox: inout Outbox) {
    if index == myIndex {
      force(above: epoch, now: now)
    } else {
      sendCoordination(.coordinationElection, sequence: 0, to: index, epoch: epoch, into: &outbox)
    }
  }

  /// Somebody wants a new reign above an epoch. One that has begun since is new enough.
  mutating func force(above epoch: UInt64, now: Now) {
    guard phase == .admitted, (record.reign?.epoch ?? 0) <= epoch else { return }
    guard coordination.named?.id == record.id else {
      // Another is named: tokens that are out keep nobody's reign any more.
      coordination.operators.drainDue = nil
      coordination.operators.version += 1
      return
    }
    if let last = coordination.operators.lastForcedAt, now.monotonic.since(last) < OperatorState.forceInterval {
      return
    }
    let until = now.monotonic + OperatorState.forceTime
    coordination.operators.lastForcedAt = now.monotonic
    coordination.operators.forcedUntil = until
    coordination.operators.version += 1
    armCoordination(at: until)
  }
}
