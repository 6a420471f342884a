/// The coordinator, derived from the view without a vote.
///
/// ```
/// the view changes ─▶ whom it names ─▶ another one?  a reign of ours ends
///                                   ─▶ ourselves?    unchanged for a while, confirmed by most of those asked: claim
///                  ─▶ who claims    ─▶ the first of the policy's order, never under an older epoch: whom we follow
/// ```
///
/// Claiming needs a view that others confirm; keeping does not. A claim is a field of its owner's record, so that it spreads, is repaired
/// and ends with its owner like everything else. All of this is looked at when something has changed that it depends on, and at no other
/// time.
extension Engine {
  // MARK: Getters

  /// The reign that this node follows; nil while it knows of none.
  package var coordinator: Reign? { coordination.reign }

  /// Whether this node coordinates. With a quorum that depends on the time: its lease runs out by itself.
  package func isCoordinator(at now: Instant) -> Bool {
    phase == .admitted && record.reign != nil && !coordination.isSuspended
      && (settings.quorum == .none || coordination.lease?.lasts(at: now) == true || plantedBug == .leaseNeverEnds)
  }

  /// The epoch under which this node coordinates; nil when it does not.
  package func ownEpoch(at now: Instant) -> UInt64? { isCoordinator(at: now) ? record.reign?.epoch : nil }

  /// Whom this node's view names, whether or not that one has claimed: equal views name the same.
  package var namedCoordinator: NodeID? { coordination.named?.id }

  /// The fingerprint of all that a coordinator is derived from, the policy included.
  package var coordinationFingerprint: UInt64 {
    StableHash.combine(table.coordination.fingerprint.value, settings.coordinationRules)
  }

  /// The highest epoch that was ever seen here.
  package var highestEpoch: UInt64 { table.coordination.highestEpoch }

  /// The latest reigns that this node has followed, oldest first; at most 64.
  package var reignHistory: [PastReign] { coordination.history.reigns }

  package func coordinationState(at now: Instant) -> CoordinationState {
    guard settings.isCoordinating, phase == .admitted else { return .inactive }
    if isCoordinator(at: now) { return .coordinating }
    guard !isIsolated, !isProvingLinks else { return .isolated }
    guard let named = coordination.named else { return .noneEligible }
    guard named.id == record.id else { return .following }
    if coordination.lease != nil { return .confirming }
    guard hasLivingMajority, now >= coordination.nextAttempt else { return .noQuorum }
    return coordination.query == nil ? .settling : .confirming
  }

  // MARK: Whenever something has changed

  /// Brings coordination up to date with the view; the last thing that each call does. O(1) while nothing has changed.
  mutating func settleCoordination(now: Now, into outbox: inout Outbox) {
    guard settings.isCoordinating else { return }
    table.coordination.allowEpochs(wallMilliseconds: now.wallMilliseconds)
    guard coordinationInputs != coordination.settled else { return }
    guard phase == .admitted || phase == .leaving else {
      // What a stopped node has followed is nobody's business any more: `stopped` has said so.
      if phase == .stopped { coordination.reign = nil }
      coordination.settled = coordinationInputs
      return
    }
    nameCoordinator()
    if endAbdicationIfDue(now: now, into: &outbox) { nameCoordinator() }
    noteCoordinationFingerprint(now: now)
    standDownIfDue(now: now, into: &outbox)
    pursueClaim(now: now, into: &outbox)
    reseatIfNeeded(now: now, into: &outbox)
    followReign(now: now, into: &outbox)
    watchOldEpoch(now: now)
    counters.rejectedJump += table.coordination.takeRefusedEpochs()
    coordination.settled = coordinationInputs
  }

  private var coordinationInputs: Coordination.Inputs {
    Coordination.Inputs(
      version: table.coordination.version, phase: phase, isIsolated: isIsolated, isProvingLinks: isProvingLinks,
      isPullingTable: pullingTable != nil, isHandoverOver: coordination.isHandoverOver,
      keepsReignWhileDrained: keepsReignWhileDrained, operations: coordination.operators.version)
  }

  /// Finds the first of the policy's order among the living: looks at newcomers alone, or at everybody when the first one is gone.
  private mutating func nameCoordinator() {
    var named = coordination.named.flatMap { stillMayCoordinate($0) ? $0 : nil }
    if named == nil || table.coordination.isCrowd {
      named = nil
      for index in table.living { named = first(of: named, and: index) }
    } else if plantedBug != .newcomersAreNotNamed {
      for index in table.coordination.newcomers where isLivingSlot(index) { named = first(of: named, and: index) }
    }
    table.coordination.forgetNewcomers()
    coordination.named = named
  }

  private func stillMayCoordinate(_ named: Coordination.Named) -> Bool {
    isLivingSlot(named.index) && table.id(named.index) == named.id
      && CoordinatorCandidate.isEligible(table.record(named.index))
  }

  private func isLivingSlot(_ index: SlotIndex) -> Bool { table.isOccupied(index) && table.status(index).isLiving }

  private func first(of named: Coordination.Named?, and index: SlotIndex) -> Coordination.Named? {
    let record = table.record(index)
    guard CoordinatorCandidate.isEligible(record) else { return named }
    if let named {
      guard named.index != index,
        settings.ranking.precedes(CoordinatorCandidate(record), CoordinatorCandidate(table.record(named.index)))
      else { return named }
    }
    return Coordination.Named(id: record.id, index: index)
  }

  /// A view that has changed must stay as it is for a while, and be asked about anew.
  private mutating func noteCoordinationFingerprint(now: Now) {
    let fingerprint = table.coordination.fingerprint.value
    guard fingerprint != coordination.fingerprint else { return }
    coordination.fingerprint = fingerprint
    coordination.unchangedSince = now.monotonic
    coordination.query = nil
  }

  // MARK: Following

  /// Whom this node follows: of the living that claim, the first of the policy's order, but nobody whose epoch is over. Two epochs are the
  /// same only where both sides of a split have claimed in the same millisecond.
  private mutating func followReign(now: Now, into outbox: inout Outbox) {
    let before = coordination.reign
    var followed: (index: SlotIndex, claim: ReignClaim)?
    for index in table.coordination.claimants {
      let record = table.record(index)
      guard let claim = record.reign, index != myIndex || !coordination.isSuspended else { continue }
      let known = before ?? coordination.followedBefore
      let isFollowed = known?.coordinator == record.id && known?.epoch == claim.epoch
      guard isFollowed || claim.epoch > coordination.highestFollowed || plantedBug == .followsOldEpochs else {
        continue
      }
      if let other = followed, !comesFirst(record, claim, before: other) { continue }
      followed = (index, claim)
    }
    var after: Reign?
    if let followed {
      learnSeats(from: followed.claim, now: now, into: &outbox)
      after = reign(of: followed.index, claim: followed.claim, unless: before)
    } else if let before, before.coordinator != record.id, isLiving(before.coordinator), !coordination.isHandoverOver {
      after = before
      awaitHandover(now: now)
    }
    if followed != nil || after != before {
      coordination.handoverDue = nil
      coordination.isHandoverOver = false
    }
    guard after != before else { return }
    if let before {
      coordination.history.end(for: end(of: before, then: after), wallMilliseconds: now.wallMilliseconds)
    }
    if let after {
      coordination.history.begin(after, wallMilliseconds: now.wallMilliseconds)
      coordination.followedBefore = settings.quorum == .none ? nil : after
      coordination.knowsReigns = true
      coordination.highestFollowed = max(coordination.highestFollowed, after.epoch)
    }
    coordination.reign = after
    counters.coordinatorChanges += 1
    if settings.remembers { remember(now: now, into: &outbox) }
    outbox.events.append(.coordinatorChanged(after))
  }

  /// With a quorum the higher epoch is the one that a majority has granted last; without one the policy decides.
  private func comesFirst(
    _ record: Record, _ claim: ReignClaim, before other: (index: SlotIndex, claim: ReignClaim)
  ) -> Bool {
    if settings.quorum != .none { return claim.epoch > other.claim.epoch }
    return settings.ranking.precedes(
      CoordinatorCandidate(record), CoordinatorCandidate(table.record(other.index)))
  }

  /// It has stood down for another, whose claim is due in a moment.
  private mutating func awaitHandover(now: Now) {
    guard coordination.handoverDue == nil else { return }
    let due = now.monotonic + Coordination.handoverTime
    coordination.handoverDue = due
    armCoordination(at: due)
  }

  /// Looks whether a hand-over has had its time.
  mutating func handoverDue(now: Now) {
    guard let due = coordination.handoverDue else { return }
    if due <= now.monotonic {
      coordination.handoverDue = nil
      coordination.isHandoverOver = true
    } else {
      armCoordination(at: due)
    }
  }

  /// The reign that a claim stands for; the one that is followed already when it is the same, whose name need not be decoded again.
  private func reign(of index: SlotIndex, claim: ReignClaim, unless known: Reign?) -> Reign {
    let id = table.id(index)
    if let known, known.coordinator == id, known.epoch == claim.epoch { return known }
    return Reign(epoch: claim.epoch, coordinator: id, name: table.record(index).name, reason: claim.reason)
  }

  private func isLiving(_ id: NodeID) -> Bool { table.find(id).map { table.status($0).isLiving } ?? false }

  /// Why a reign is over, as far as can be told from here.
  private func end(of reign: Reign, then next: Reign?) -> ReignReason {
    guard let index = table.find(reign.coordinator) else { return .died }
    switch table.status(index) {
    case .left: return .left
    case .dead: return .died
    case .alive, .suspect:
      if let next, next.reason == .forced { return .forced }
      if let withdrawal = withdrawal(of: reign.coordinator) { return withdrawal }
      if settings.quorum != .none { return endWithQuorum(of: reign) }
      if let next, next.reason == .merged || next.coordinator == reign.coordinator { return .merged }
      return coordination.named?.id == reign.coordinator ? .isolated : .superseded
    }
  }

  /// Two reigns never meet: one that ends while its coordinator lives and is named has lost its lease, or was never more than here.
  private func endWithQuorum(of reign: Reign) -> ReignReason {
    guard coordination.named?.id == reign.coordinator else { return .superseded }
    return isIsolated || isProvingLinks ? .isolated : .leaseLost
  }

  // MARK: Epochs

  /// Takes in what somebody asks or answers about coordination.
  mutating func takeCoordination(
    _ header: DatagramHeader, from sender: NodeID, now: Now, into outbox: inout Outbox
  ) {
    guard let index = table.find(sender), index != myIndex else {
      counters.rejectedUnknownSender += 1
      return
    }
    heard(sender, now: now, into: &outbox)
    guard settings.isCoordinating, phase == .admitted else { return }
    table.coordination.note(epoch: header.epoch)
    if header.type == .coordinationQuery {
      sendCoordination(
        .coordinationAnswer, sequence: header.sequence, to: index, epoch: highestEpoch, into: &outbox)
    } else if header.type == .coordinationElection {
      force(above: header.epoch, now: now)
    } else {
      takeAnswer(header, from: sender, now: now, into: &outbox)
    }
  }

  mutating func sendCoordination(
    _ type: DatagramType, sequence: UInt32, to index: SlotIndex, epoch: UInt64, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(index) else { return }
    if type == .coordinationQuery {
      counters.coordinationQueriesSent += 1
    } else if type == .coordinationElection {
      counters.coordinationElectionsSent += 1
    } else {
      counters.coordinationAnswersSent += 1
    }
    let start = outbox.bytes.count
    DatagramHeader(coordination: type, sequence: sequence, fingerprint: coordinationFingerprint, epoch: epoch)
      .write(to: &outbox.bytes)
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// Sees whether the named member reigns under an epoch that is over, as after a split whose other side has had reigns of its own. It may
  /// not know: somebody tells it.
  private mutating func watchOldEpoch(now: Now) {
    guard epochAboveNamed != nil else {
      coordination.noticeDue = nil
      return
    }
    guard coordination.noticeDue == nil else { return }
    scheduleNotice(now: now)
  }

  /// An epoch that the named member must rise above, for this node to follow it; nil when it does follow it, or that one does not reign.
  private var epochAboveNamed: UInt64? {
    guard let named = coordination.named, named.index != myIndex, let claim = table.record(named.index).reign,
      claim.epoch <= coordination.highestFollowed,
      coordination.reign.map({ $0.coordinator != named.id || $0.epoch != claim.epoch }) ?? true
    else { return nil }
    return max(highestEpoch, claim.epoch == .max ? .max : claim.epoch + 1)
  }

  /// Tells the named member how high it must rise, if it does not reign above what this node has followed.
  mutating func tellNamed(into outbox: inout Outbox) {
    guard let named = coordination.named, named.index != myIndex else { return }
    let isSilent = table.record(named.index).reign == nil
    guard let epoch = isSilent ? highestEpoch : epochAboveNamed else { return }
    sendCoordination(.coordinationAnswer, sequence: 0, to: named.index, epoch: epoch, into: &outbox)
  }

  private mutating func scheduleNotice(now: Now) {
    let span = min(
      max(Coordination.shortestNoticeTime, UInt64(table.livingCount) * Coordination.noticeTimePerMember),
      Coordination.longestNoticeTime)
    let due = now.monotonic + random.jitter(span)
    coordination.noticeDue = due
    armCoordination(at: due)
  }

  /// Tells the named member of the highest epoch that is known here, when it is time to.
  mutating func noticeOldEpoch(now: Now, into outbox: inout Outbox) {
    guard let due = coordination.noticeDue else { return }
    guard due <= now.monotonic else {
      armCoordination(at: due)
      return
    }
    coordination.noticeDue = nil
    guard phase == .admitted, epochAboveNamed != nil else { return }
    tellNamed(into: &outbox)
    scheduleNotice(now: now)
  }
}
