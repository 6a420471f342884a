/// What operators ask of a node: to be drained, to abdicate, to have a new reign begun, to evict.
///
/// ```
/// drain    ─▶ flag in its record ─▶ reigns? until tokens are returned, or time is over ─▶ stands down
/// abdicate ─▶ flag in its record, stands down ─▶ the next one reigns ─▶ that reign is over ─▶ flag taken back
/// elect    ─▶ told to the named one ─▶ confirmed as any claim ─▶ a higher epoch
/// evict    ─▶ left, everywhere ─▶ the evicted one is told, and stops
/// ```
extension Engine {
  /// Does what an operator asks, or throws why not, without effect.
  package mutating func perform(
    _ operation: Operation, now: Now, into outbox: inout Outbox
  ) throws(OperationRefusal) {
    guard phase == .admitted else { throw .notMember }
    defer { settleCoordination(now: now, into: &outbox) }
    switch operation {
    case .drain(let timeout): drain(for: timeout, now: now, into: &outbox)
    case .undrain:
      coordination.operators.drainDue = nil
      change(flags: record.flags.subtracting(.draining), now: now, into: &outbox)
    case .abdicate: try abdicate(now: now, into: &outbox)
    case .elect: try elect(now: now, into: &outbox)
    case .evict(let id): try evict(id, now: now, into: &outbox)
    }
  }

  // MARK: Drain

  /// How many fencing tokens of this node's reign are out.
  package var openTokens: Int { coordination.openTokens }

  package mutating func setOpenTokens(_ count: Int, now: Now, into outbox: inout Outbox) {
    coordination.openTokens = count
    settleCoordination(now: now, into: &outbox)
  }

  /// How long a reign may go on at most although its node is drained; nil when it does not, or nothing is drained.
  package func drainTimeLeft(at now: Instant) -> Nanoseconds? {
    keepsReignWhileDrained ? coordination.operators.drainDue.map { $0.since(now) } : nil
  }

  private mutating func drain(for timeout: Nanoseconds, now: Now, into outbox: inout Outbox) {
    let due = now.monotonic + timeout
    coordination.operators.drainDue = due
    armCoordination(at: due)
    change(flags: record.flags.union(.draining), now: now, into: &outbox)
  }

  /// Whether open tokens keep the reign of a node that is drained, and that nobody contests.
  var keepsReignWhileDrained: Bool {
    // Asked about with each packet: what is seldom true comes first.
    openTokens > 0 && coordination.operators.drainDue != nil && record.reign != nil && record.flags.contains(.draining)
      && !table.coordination.claimants.contains { $0 != myIndex }
  }

  // MARK: Abdicate

  private mutating func abdicate(now: Now, into outbox: inout Outbox) throws(OperationRefusal) {
    guard isCoordinator(at: now.monotonic) else { throw .notCoordinating(follows: coordination.reign?.name) }
    guard table.living.contains(where: { $0 != myIndex && CoordinatorCandidate.isEligible(table.record($0)) }) else {
      throw .nobodyElseEligible
    }
    coordination.operators.abdicatedAfter = coordination.highestFollowed
    // Not even open tokens keep it.
    coordination.operators.drainDue = nil
    // The view names another one from now on, and that ends the reign.
    change(flags: record.flags.union(.abdicated), now: now, into: &outbox)
  }

  /// Takes an abdication back when the reign after it is over, or when nobody else may coordinate any more.
  ///
  /// - Returns: whether it did, so that the view must be looked at again.
  mutating func endAbdicationIfDue(now: Now, into outbox: inout Outbox) -> Bool {
    guard phase == .admitted, record.flags.contains(.abdicated) else { return false }
    let isNextOver =
      coordination.highestFollowed > coordination.operators.abdicatedAfter
      && !table.coordination.claimants.contains { $0 != myIndex }
    guard isNextOver || coordination.named == nil else { return false }
    change(flags: record.flags.subtracting(.abdicated), now: now, into: &outbox)
    return true
  }

  // MARK: Helpers

  /// Why the reign of a living member ended, as its own record tells; nil when the record tells nothing.
  func withdrawal(of id: NodeID) -> ReignReason? {
    guard let index = table.find(id), table.status(index).isLiving else { return nil }
    let flags = table.record(index).flags
    if flags.contains(.abdicated) { return .abdicated }
    return flags.contains(.draining) ? .drained : nil
  }

  /// Publishes other flags of this node: told as a change, like tags.
  private mutating func change(flags: MemberFlags, now: Now, into outbox: inout Outbox) {
    coordination.operators.version += 1
    guard flags != record.flags else { return }
    changedFrom = record
    publish(record.with(incarnation: record.incarnation + 1, flags: flags), now: now, into: &outbox)
    changedFrom = nil
  }

  /// Looks whether the time of what operators have asked for is over, or has come.
  mutating func operationsDue(now: Now, into outbox: inout Outbox) {
    if let due = coordination.operators.drainDue {
      if due <= now.monotonic {
        coordination.operators.drainDue = nil
        coordination.operators.version += 1
      } else {
        armCoordination(at: due)
      }
    }
    if let due = coordination.operators.forcedUntil {
      if due <= now.monotonic { coordination.operators.forcedUntil = nil } else { armCoordination(at: due) }
    }
    pursueElection(now: now, into: &outbox)
  }
}
