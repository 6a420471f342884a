/// Two members whose views differ find out where, and tell each other just that.
///
/// ```
/// one ── digest ──▶ other          256 buckets, after an ack has shown that both ways work
/// one ◀── entries ── other         all that it holds in the buckets that differ
/// one ── entries ──▶ other         what it lacks there, and who is dead
/// one ◀── entries ── other         who of those is dead, if anybody
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
      lateness: patience(now: now), at: now.monotonic, random: &random)
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

  /// Answers a digest with what we hold where it differs.
  mutating func answerDigest(
    differingIn set: BucketSet, sequence: UInt32, from index: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    guard phase == .admitted, let endpoint = table.endpoint(index), antiEntropy.allowance.take(at: now.monotonic)
    else { return }
    counters.repairsServed += 1
    guard !set.isEmpty else {
      // Our header tells that we agree, or at least that there is nothing to be found out this time.
      let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
      EntriesHead.rest.write(to: &outbox.bytes)
      endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
      return
    }
    let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
    EntriesHead.buckets(set).write(to: &outbox.bytes)
    let limit = start + settings.datagramBytes
    if !writeEntries(in: set, besides: [], limit: limit, into: &outbox.bytes) {
      outbox.bytes.removeSubrange((start + DatagramHeader.byteCount)...)
      EntriesHead.byStream.write(to: &outbox.bytes)
    }
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// Takes in the entries of a comparison and sends what the other side lacks.
  mutating func takeEntries(
    _ head: EntriesHead, _ reader: inout ByteReader, sequence: UInt32, from sender: NodeID, now: Now,
    into outbox: inout Outbox
  ) throws(WireError) {
    var offered: [Update.Claim] = []
    var contradicted: [SlotIndex] = []
    newsSource = .repair
    while let update = try reader.nextReceivedUpdate() {
      let isContradicted = try apply(
        update, spreads: true, isVerified: update.isRecord(of: sender), now: now, into: &outbox)
      guard phase != .stopped else { return }
      guard update.kind == .alive else { continue }
      offered.append(update.claim)
      if isContradicted, let index = table.find(update.claim.id) { contradicted.append(index) }
    }
    newsSource = .here
    guard let index = table.find(sender), let endpoint = table.endpoint(index) else { return }
    let isAwaited = antiEntropy.comparison == AntiEntropy.Comparison(peer: sender, sequence: sequence)
    switch head {
    case .rest: break
    case .buckets where isAwaited, .byStream where isAwaited: antiEntropy.comparison = nil
    case .buckets, .byStream: return
    }
    if case .byStream = head {
      startStreamRepair(with: index, now: now, into: &outbox)
      return
    }
    let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
    let limit = start + settings.datagramBytes
    EntriesHead.rest.write(to: &outbox.bytes)
    let emptyEnd = outbox.bytes.count
    for index in contradicted where outbox.bytes.count < limit {
      outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
    }
    var fits = outbox.bytes.count <= limit
    if case .buckets(let set) = head {
      fits = fits && writeEntries(in: set, besides: offered, limit: limit, into: &outbox.bytes)
    }
    guard fits, outbox.bytes.count > emptyEnd else {
      outbox.bytes.removeSubrange(start...)
      if !fits { startStreamRepair(with: index, now: now, into: &outbox) }
      return
    }
    endDatagram(from: start, receiver: sender, endpoint: endpoint, into: &outbox)
  }

  /// Writes the living members of some buckets but those that the peer holds as new as we do; false when they do not fit.
  private mutating func writeEntries(
    in set: BucketSet, besides offered: [Update.Claim], limit: Int, into bytes: inout [UInt8]
  ) -> Bool {
    hashRing.settle(in: table)
    for bucket in 0..<Digest.bucketCount where set.contains(bucket) {
      let stretch = hashRing.stretch(Digest.range(of: bucket), in: table)
      for offset in 0..<stretch.count {
        let index = hashRing.member(offset, of: stretch)
        let claim = Update.Claim(id: table.id(index), incarnation: table.record(index).incarnation)
        if offered.contains(where: { $0.id == claim.id && $0.incarnation >= claim.incarnation }) { continue }
        bytes.writeField(FieldTag.update) { table.record(index).write(to: &$0) }
        if table.status(index) == .suspect {
          bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
        }
        if bytes.count > limit { return false }
      }
    }
    return true
  }

  private mutating func startStreamRepair(with index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard antiEntropy.activeRepair == nil, let endpoint = table.endpoint(index), streams.count < settings.streamLimit
    else { return }
    antiEntropy.activeRepair = dialRepair(endpoint, peer: table.id(index), now: now, into: &outbox)
  }
}
