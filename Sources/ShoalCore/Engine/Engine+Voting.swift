/// The holder of a seat: whom it grants an epoch, and for how long.
extension Engine {
  /// Takes in what is said about a lease. All of it comes from members.
  mutating func takeLease(
    _ header: DatagramHeader, _ reader: inout ByteReader, from sender: NodeID, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    guard let index = table.find(sender), index != myIndex else {
      counters.rejectedUnknownSender += 1
      return
    }
    switch header.type {
    case .leaseRequest:
      let request = try LeaseRequest(from: &reader)
      heard(sender, now: now, into: &outbox)
      vote(on: request, sequence: header.sequence, of: index, now: now, into: &outbox)
    case .leaseAnswer:
      let answer = try LeaseAnswer(from: &reader)
      heard(sender, now: now, into: &outbox)
      takeLeaseAnswer(answer, sequence: header.sequence, from: index, now: now, into: &outbox)
    case .leaseRelease:
      coordination.vote.release(try reader.readUInt64(), by: sender)
    default: break
    }
  }

  private mutating func vote(
    on request: LeaseRequest, sequence: UInt32, of index: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    guard settings.isCoordinating, settings.quorum != .none, phase == .admitted, table.status(index).isLiving else {
      return
    }
    counters.leaseRequestsReceived += 1
    guard table.coordination.accepts(epoch: request.epoch) else {
      counters.rejectedJump += 1
      return
    }
    table.coordination.note(epoch: request.epoch)
    guard !request.seats.names.isEmpty else {
      // It asks who has the seats.
      if coordination.vote.seats != nil { answerLease(.otherSeats, sequence: sequence, to: index, into: &outbox) }
      return
    }
    let claimant = table.id(index)
    let verdict = verdict(on: request, by: claimant, now: now)
    guard verdict == .granted else {
      counters.leasesRefused += 1
      answerLease(verdict, sequence: sequence, to: index, into: &outbox)
      return
    }
    if grant(request, to: claimant, now: now) {
      coordination.grantToRemember = Coordination.PendingGrant(claimant: claimant, sequence: sequence)
      remember(now: now, into: &outbox)
    } else if coordination.grantToRemember?.claimant == claimant {
      coordination.grantToRemember?.sequence = sequence
    } else {
      answerLease(.granted, sequence: sequence, to: index, into: &outbox)
    }
  }

  /// What this node's seat says to a request, its own included.
  func verdict(on request: LeaseRequest, by claimant: NodeID, now: Now) -> LeaseVerdict {
    if plantedBug == .grantsEverybody, request.seats.contains(record.nameHash) { return .granted }
    guard !isIsolated, !isProvingLinks else { return .abstains }
    guard (1...settings.quorum.seatCount).contains(request.seats.names.count),
      settings.voters.map({ $0 == request.seats }) ?? true
    else { return .notSeated }
    return coordination.vote.verdict(
      on: request, by: claimant, seat: record.nameHash, knowsReigns: coordination.knowsReigns,
      followed: (coordination.highestFollowed, coordination.reign?.coordinator), now: now.monotonic)
  }

  /// Promises; true when that must be remembered first.
  mutating func grant(_ request: LeaseRequest, to claimant: NodeID, now: Now) -> Bool {
    coordination.vote.grant(
      request, to: claimant, until: now.monotonic + Lease.promise(settings.leaseTime))
  }

  /// What waited for the promise to be safe goes out.
  mutating func sendRememberedGrant(into outbox: inout Outbox) {
    guard let grant = coordination.grantToRemember else { return }
    coordination.grantToRemember = nil
    if let index = table.find(grant.claimant), table.status(index).isLiving {
      answerLease(.granted, sequence: grant.sequence, to: index, into: &outbox)
    }
  }

  private mutating func answerLease(
    _ verdict: LeaseVerdict, sequence: UInt32, to index: SlotIndex, into outbox: inout Outbox
  ) {
    if verdict == .granted { counters.leasesGranted += 1 }
    let answer = LeaseAnswer(verdict, epoch: highestEpoch, seats: coordination.vote.seats)
    sendLease(.leaseAnswer, sequence: sequence, to: index, into: &outbox) { answer.write(to: &$0) }
  }

  mutating func sendLease(
    _ type: DatagramType, sequence: UInt32, to index: SlotIndex, into outbox: inout Outbox,
    _ write: (inout [UInt8]) -> Void
  ) {
    guard let endpoint = table.endpoint(index) else { return }
    let start = outbox.bytes.count
    DatagramHeader(bare: type, sequence: sequence).write(to: &outbox.bytes)
    write(&outbox.bytes)
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  // MARK: Remembering

  /// Has everything written down that a restart must not forget; `memoryKept` follows when it is safe. At once where there is no state
  /// file.
  mutating func remember(now: Now, into outbox: inout Outbox) {
    guard settings.remembers else {
      memoryKept(coordination.memoryVersion, now: now, into: &outbox)
      return
    }
    coordination.memoryVersion += 1
    var memory = CoordinationMemory()
    memory.highestEpoch = highestEpoch
    memory.grantedEpoch = coordination.vote.epoch
    memory.grantedTo = coordination.vote.claimant
    memory.followedEpoch = coordination.highestFollowed
    memory.seats = coordination.vote.seats
    memory.history = coordination.history.reigns
    memory.quorum = settings.quorum.fingerprint
    outbox.memory = (coordination.memoryVersion, memory)
  }

  /// Goes on with what waited for the latest memory to be safe.
  mutating func memoryKept(_ version: UInt64, now: Now, into outbox: inout Outbox) {
    coordination.keptVersion = max(coordination.keptVersion, version)
    guard version == coordination.memoryVersion else { return }
    sendRememberedGrant(into: &outbox)
    publishRememberedClaim(now: now, into: &outbox)
    beginRememberedLease(now: now, into: &outbox)
  }
}
