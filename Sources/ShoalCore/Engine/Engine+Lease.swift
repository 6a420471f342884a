/// A coordinator with a quorum: it reigns for as long as a majority of the seats has promised to grant nobody else.
///
/// ```
/// view confirmed ─▶ attempt ── granted by a majority ──▶ reign ── renewed five times a lease ──▶ …
///                     │ half a lease after the first grant │ not renewed for a lease
///                     ▼                                    ▼
///                  given up, tried again later          over
/// ```
extension Engine {
  // MARK: Getters

  /// How many seats there are, how many of their holders have granted this node's lease, and for how much longer it lasts; nil while this
  /// node neither reigns nor tries to.
  package func leaseState(at now: Instant) -> LeaseState? {
    guard let lease = coordination.lease else { return nil }
    return LeaseState(
      seats: settings.quorum.seatCount,
      granted: lease.grantCount(at: now, leaseTime: settings.leaseTime),
      remaining: lease.isHeld ? lease.end.since(now) : 0)
  }

  /// The seats as this node knows them, by the hashes of their names; configured voters, or nil before the first reign.
  package var seats: SeatList? {
    if case .voters = settings.quorum { settings.voters } else { coordination.vote.seats }
  }

  // MARK: Attempts

  /// Whether enough holders of seats are living, as far as is known here, for a claim to make sense.
  var hasLivingMajority: Bool {
    guard settings.quorum != .none else { return true }
    let (list, _) = seatsToClaim
    guard let list else { return false }
    return list.names.count { $0 == record.nameHash || table.livingHolder(ofName: $0) != nil }
      >= settings.quorum.majority
  }

  /// The seats that a claim is made with, and whether it is the first list of all. Nil while there are too few names for one.
  private var seatsToClaim: (SeatList?, isFirst: Bool) {
    if let seats { return (seats, false) }
    guard case .expectedSize(let size) = settings.quorum, !coordination.knowsReigns else { return (nil, false) }
    var senior: [(seniority: UInt64, id: NodeID, name: UInt64)] = []
    for index in table.living {
      let record = table.record(index)
      guard record.role == .member else { continue }
      senior.append((record.seniority, record.id, record.nameHash))
    }
    guard senior.count >= size else { return (nil, false) }
    senior.sort { ($0.seniority, $0.id) < ($1.seniority, $1.id) }
    let names = Set(senior.prefix(size).map(\.name))
    return names.count == size ? (SeatList(names: Array(names)), true) : (nil, false)
  }

  /// Asks the seats for an epoch; our own one first, if we have one.
  mutating func seekLease(epoch: UInt64, reason: ReignReason, now: Now, into outbox: inout Outbox) {
    let (seats, isFirst) = seatsToClaim
    guard let seats, now.monotonic >= coordination.nextAttempt else { return }
    var lease = Lease(
      epoch: epoch, reason: reason, seats: seats, isFirst: isFirst, majority: settings.quorum.majority,
      leaseTime: settings.leaseTime, now: now.monotonic)
    lease.nextRound = now.monotonic
    coordination.lease = lease
    table.coordination.note(epoch: epoch)
    counters.leaseAttempts += 1
    let request = lease.request
    if verdict(on: request, by: record.id, now: now) == .granted, grant(request, to: record.id, now: now) {
      coordination.isLeaseToRemember = true
      remember(now: now, into: &outbox)
    } else {
      askSeats(now: now, into: &outbox)
    }
  }

  mutating func beginRememberedLease(now: Now, into outbox: inout Outbox) {
    guard coordination.isLeaseToRemember else { return }
    coordination.isLeaseToRemember = false
    askSeats(now: now, into: &outbox)
  }

  // MARK: Rounds

  /// Asks all seats, and our own.
  private mutating func askSeats(now: Now, into outbox: inout Outbox) {
    guard var lease = coordination.lease else { return }
    let sequence = drawSequence()
    lease.beginRound(sequence: sequence, now: now.monotonic)
    lease.nextRound =
      now.monotonic + (lease.isHeld ? Lease.renewal(settings.leaseTime) : Lease.retry(settings.leaseTime))
    coordination.lease = lease
    let request = lease.request
    for name in lease.seats.names + (lease.before?.names.filter { !lease.seats.contains($0) } ?? []) {
      guard name != record.nameHash, let index = table.livingHolder(ofName: name) else { continue }
      counters.leaseRequestsSent += 1
      sendLease(.leaseRequest, sequence: sequence, to: index, into: &outbox) { request.write(to: &$0) }
    }
    armCoordination(at: lease.deadline(after: now.monotonic))
    askOurSeat(request, sequence: sequence, now: now, into: &outbox)
  }

  /// Our own seat says yes to us like any other; what that changes is remembered.
  private mutating func askOurSeat(
    _ request: LeaseRequest, sequence: UInt32, now: Now, into outbox: inout Outbox
  ) {
    guard verdict(on: request, by: record.id, now: now) == .granted else { return }
    if grant(request, to: record.id, now: now) { remember(now: now, into: &outbox) }
    // The next round counts it, once it is safe.
    guard !settings.remembers || coordination.keptVersion == coordination.memoryVersion else { return }
    takeGrant(by: record.nameHash, sequence: sequence, now: now, into: &outbox)
  }

  /// A seat answers.
  mutating func takeLeaseAnswer(
    _ answer: LeaseAnswer, sequence: UInt32, from index: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    guard settings.quorum != .none, phase == .admitted else { return }
    guard coordination.lease != nil else {
      return learnSeats(answer.seats, sequence: sequence, now: now, into: &outbox)
    }
    switch answer.verdict {
    case .granted:
      takeGrant(by: table.record(index).nameHash, sequence: sequence, now: now, into: &outbox)
    case .otherSeats:
      guard let seats = answer.seats, let lease = coordination.lease, !lease.isHeld else { return }
      adopt(seats, insteadOf: lease, now: now, into: &outbox)
    case .epochIsOver:
      table.coordination.note(epoch: answer.epoch)
      guard let lease = coordination.lease, !lease.isHeld, highestEpoch > lease.epoch else { return }
      // Again with an epoch above what that seat knows of, once the view is confirmed.
      releaseLease(into: &outbox)
    case .abstains, .promised, .notSeated: break
    }
  }

  /// A seat knows a later list than an attempt was made with: the next one uses that.
  private mutating func adopt(_ seats: SeatList, insteadOf lease: Lease, now: Now, into outbox: inout Outbox) {
    guard isPossible(seats), seats != lease.seats, lease.isFirst || seats.replaces(lease.seats, isHeld: false) else {
      return
    }
    releaseLease(into: &outbox)
    coordination.vote.adopt(seats)
    remember(now: now, into: &outbox)
  }

  private mutating func takeGrant(by name: UInt64, sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard
      coordination.lease?.granted(by: name, sequence: sequence, leaseTime: settings.leaseTime, now: now.monotonic)
        == true, let lease = coordination.lease
    else { return }
    guard !lease.isHeld else {
      if lease.isSettled, let claim = record.reign, claim.seats != publishedSeats(of: lease) {
        publishReign(self.claim(of: lease), now: now, into: &outbox)
      }
      reseatIfNeeded(now: now, into: &outbox)
      return
    }
    guard now.monotonic < lease.end else { return }
    guard wantsToClaim else {
      releaseLease(into: &outbox)
      return
    }
    coordination.lease?.isHeld = true
    coordination.lease?.nextRound = now.monotonic + Lease.renewal(settings.leaseTime)
    armCoordination(at: now.monotonic + Lease.renewal(settings.leaseTime))
    beginReign(claim(of: lease), now: now, into: &outbox)
  }

  private func claim(of lease: Lease) -> ReignClaim {
    ReignClaim(epoch: lease.epoch, reason: lease.reason, seats: publishedSeats(of: lease))
  }

  /// Everybody learns the seats from the claim, unless they are configured.
  private func publishedSeats(of lease: Lease) -> SeatList? { settings.voters == nil ? lease.seats : nil }

  /// Whether a list can be one of this cluster's.
  private func isPossible(_ seats: SeatList) -> Bool {
    guard case .expectedSize(let size) = settings.quorum else { return false }
    return (1...size).contains(seats.names.count)
  }

  /// Who has the seats is told by claims. A new process that is named while nobody reigns has heard of none: it asks.
  mutating func askForSeats(now: Now, into outbox: inout Outbox) {
    guard case .expectedSize = settings.quorum, seatsToClaim.0 == nil else { return }
    if let query = coordination.seatsQuery, now.monotonic < query.againAt { return armCoordination(at: query.againAt) }
    let query = (sequence: drawSequence(), againAt: now.monotonic + Coordination.seatsInterval)
    coordination.seatsQuery = query
    armCoordination(at: query.againAt)
    let question = LeaseRequest(epoch: max(highestEpoch, 1), isFirst: false, isHeld: false, seats: SeatList(names: []))
    for _ in 0..<Coordination.seatsAskedLimit {
      guard let index = randomLiving() else { return }
      counters.leaseRequestsSent += 1
      sendLease(.leaseRequest, sequence: query.sequence, to: index, into: &outbox) { question.write(to: &$0) }
    }
  }

  /// Somebody knows the seats. Should there be later ones, the holders of these say so.
  private mutating func learnSeats(_ seats: SeatList?, sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard let seats, coordination.seatsQuery?.sequence == sequence, self.seats == nil, isPossible(seats) else { return }
    coordination.seatsQuery = nil
    coordination.vote.adopt(seats)
    remember(now: now, into: &outbox)
    armCoordination(at: now.monotonic)
  }

  /// Takes over the seats that a followed claim tells of.
  mutating func learnSeats(from claim: ReignClaim, now: Now, into outbox: inout Outbox) {
    guard let seats = claim.seats, isPossible(seats), seats != coordination.vote.seats,
      coordination.vote.seats.map({ seats.replaces($0, isHeld: true) }) ?? true
    else { return }
    coordination.vote.adopt(seats)
    remember(now: now, into: &outbox)
  }

  // MARK: Time

  /// Renews the lease, tries on, gives up, or ends a reign whose lease has run out.
  mutating func leaseDue(now: Now, into outbox: inout Outbox) {
    guard let lease = coordination.lease, !coordination.isLeaseToRemember else { return }
    if lease.isHeld, now.monotonic >= lease.end, plantedBug != .leaseNeverEnds {
      endLostLease(now: now, into: &outbox)
    } else if !lease.isHeld, now.monotonic >= lease.giveUpAt || !wantsToClaim {
      // Whoever else tries has its turn.
      coordination.nextAttempt = now.monotonic + random.jitter(settings.leaseTime)
      releaseLease(into: &outbox)
      armCoordination(at: coordination.nextAttempt)
    } else if now.monotonic >= lease.nextRound {
      askSeats(now: now, into: &outbox)
    } else {
      armCoordination(at: lease.deadline(after: now.monotonic))
    }
  }

  private mutating func endLostLease(now: Now, into outbox: inout Outbox) {
    counters.leasesLost += 1
    counters.reignsEnded += 1
    releaseLease(into: &outbox)
    guard !isIsolated, !isProvingLinks else {
      coordination.isSuspended = true
      return
    }
    publishReign(nil, now: now, into: &outbox)
  }

  /// Needs the seats' promises no longer, and tells them.
  mutating func releaseLease(into outbox: inout Outbox) {
    guard let lease = coordination.lease else { return }
    coordination.lease = nil
    coordination.isLeaseToRemember = false
    coordination.vote.release(lease.epoch, by: record.id)
    for name in lease.seats.names where name != record.nameHash {
      guard let index = table.livingHolder(ofName: name) else { continue }
      sendLease(.leaseRelease, sequence: 0, to: index, into: &outbox) { $0.write(lease.epoch) }
    }
  }

  // MARK: Seats

  /// Frees the seat of a name that has left for good, or gives a free one to the next name.
  mutating func reseatIfNeeded(now: Now, into outbox: inout Outbox) {
    guard case .expectedSize(let size) = settings.quorum, let lease = coordination.lease, lease.isSettled,
      coordination.seatsLookedAt != table.coordination.version
    else { return }
    var wanted = lease.seats.names
    if let gone = table.departedName(among: wanted), wanted.count > lease.majority {
      wanted.removeAll { $0 == gone }
    } else if wanted.count < size, let next = nextSeated(beside: lease.seats) {
      wanted.append(next)
    } else {
      coordination.seatsLookedAt = table.coordination.version
      return
    }
    // First the same names as a list of this reign: else a change that an earlier one has begun could still be finished beside ours.
    reseat(lease.seats.epoch == lease.epoch ? wanted : lease.seats.names, now: now, into: &outbox)
  }

  private mutating func reseat(_ names: [UInt64], now: Now, into outbox: inout Outbox) {
    counters.seatsChanged += 1
    coordination.lease?.reseat(names)
    coordination.lease?.nextRound = now.monotonic
    armCoordination(at: now.monotonic)
  }

  /// The most senior member without a seat.
  private func nextSeated(beside seats: SeatList) -> UInt64? {
    var next: Record?
    for index in table.living {
      let record = table.record(index)
      guard record.role == .member, !seats.contains(record.nameHash) else { continue }
      if let known = next, (known.seniority, known.id) < (record.seniority, record.id) { continue }
      next = record
    }
    return next?.nameHash
  }
}
