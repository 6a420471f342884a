/// What two members tell each other once a digest has shown where their views differ: see `Engine+Comparison`.
extension Engine {
  /// Answers a digest with what we hold where it differs.
  mutating func answerDigest(
    differingIn set: BucketSet, sequence: UInt32, from index: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    guard phase == .admitted, let endpoint = table.endpoint(index), antiEntropy.allowance.take(at: now.monotonic)
    else { return }
    counters.repairsServed += 1
    let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
    if set.isEmpty {
      // Our header tells that we agree, or at least that there is nothing to be found out this time.
      EntriesHead.rest.write(to: &outbox.bytes)
    } else {
      EntriesHead.buckets(set).write(to: &outbox.bytes)
      if !writeAllEntries(in: set, limit: start + settings.datagramBytes, into: &outbox.bytes) {
        outbox.bytes.removeSubrange((start + DatagramHeader.byteCount)...)
        outline(set, now: now).write(to: &outbox.bytes)
      }
    }
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// The outlines of some buckets, or a call for a stream when they do not fit; in a mass join as many as do.
  private mutating func outline(_ set: BucketSet, now: Now) -> EntriesHead {
    let headBytes = DatagramHeader.byteCount + 1 + BucketSet.byteCount + Outlines.headBytes
    let limit = (settings.datagramBytes - headBytes) / Outlines.bytesPerMember
    let salt = UInt32(truncatingIfNeeded: random.next())
    // Not the first ones each time.
    let first = random.below(Digest.bucketCount)
    var told = BucketSet()
    var hashes: [UInt32] = []
    for step in 0..<Digest.bucketCount {
      let bucket = (first + step) % Digest.bucketCount
      guard set.contains(bucket) else { continue }
      let end = hashes.count
      appendHashes(in: bucket, salt: salt, to: &hashes)
      if hashes.count > limit { hashes.removeSubrange(end...) } else { told.insert(bucket) }
    }
    // A difference much larger than a datagram is not made of newcomers.
    let isEnough = told == set || isMassJoin(now: now) && told.count * Outlines.smallestShare >= set.count
    return isEnough ? .outlines(told, Outlines(salt: salt, of: hashes)) : .byStream
  }

  /// Whether newcomers arrive by the dozen at a large cluster. Every two views differ then, and a stream for each difference would keep it busy
  /// with nothing else: members tell each other what fits in a datagram, and the rest when it is over.
  private func isMassJoin(now: Now) -> Bool {
    table.livingCount > AntiEntropy.fewMembers && newcomers.inRow >= Newcomers.burst && areNewcomersArriving(now: now)
  }

  private mutating func appendHashes(in bucket: Int, salt: UInt32, to hashes: inout [UInt32]) {
    hashRing.settle(in: table)
    let stretch = hashRing.stretch(Digest.range(of: bucket), in: table)
    for offset in 0..<stretch.count {
      hashes.append(Outlines.hash(of: table.record(hashRing.member(offset, of: stretch)), salt: salt))
    }
  }

  /// Whom of a peer's outlines we do not know.
  private mutating func unknown(of outlines: Outlines, in set: BucketSet) -> Outlines {
    var hashes: [UInt32] = []
    for bucket in 0..<Digest.bucketCount where set.contains(bucket) {
      appendHashes(in: bucket, salt: outlines.salt, to: &hashes)
    }
    return outlines.subtracting(Outlines(salt: outlines.salt, of: hashes))
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
    guard let index = table.find(sender) else { return }
    if head.isAnswer {
      guard antiEntropy.comparison == AntiEntropy.Comparison(peer: sender, sequence: sequence) else { return }
      antiEntropy.comparison = nil
    }
    switch head {
    case .rest: reply(.rest, to: index, about: contradicted, nil, sequence: sequence, now: now, into: &outbox)
    case .buckets(let set):
      reply(
        .rest, to: index, about: contradicted, .besides(offered, in: set), sequence: sequence, now: now, into: &outbox)
    case .outlines(let set, let outlines):
      let unknown = unknown(of: outlines, in: set)
      guard unknown.hashes.count <= Outlines.wantedLimit || isMassJoin(now: now) else {
        startStreamRepair(with: index, now: now, into: &outbox)
        return
      }
      reply(
        unknown.hashes.isEmpty ? .rest : .wanted(set, unknown.prefix(Outlines.wantedLimit)), to: index,
        about: contradicted, .notAmong(outlines, in: set), sequence: sequence, now: now, into: &outbox)
    case .wanted(let set, let wanted):
      guard antiEntropy.allowance.take(at: now.monotonic) else { return }
      reply(.rest, to: index, about: contradicted, .among(wanted, in: set), sequence: sequence, now: now, into: &outbox)
    case .byStream: startStreamRepair(with: index, now: now, into: &outbox)
    }
  }

  /// Sends what the peer lacks, if there is anything to tell. Where it was us who compared, what does not fit goes by stream; else it waits
  /// for another comparison.
  private mutating func reply(
    _ head: EntriesHead, to peer: SlotIndex, about contradicted: [SlotIndex], _ choice: EntryChoice?,
    sequence: UInt32, now: Now, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(peer) else { return }
    let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
    let limit = start + settings.datagramBytes
    head.write(to: &outbox.bytes)
    let emptyEnd = outbox.bytes.count
    var fits = true
    for index in contradicted {
      let end = outbox.bytes.count
      outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
      fits = outbox.bytes.cut(to: end, beyond: limit) && fits
    }
    if let choice { fits = writeEntries(choice, limit: limit, into: &outbox.bytes) && fits }
    if !fits, choice?.isOfComparer == true, !isMassJoin(now: now) {
      outbox.bytes.removeSubrange(start...)
      startStreamRepair(with: peer, now: now, into: &outbox)
    } else if outbox.bytes.count > emptyEnd || head != .rest {
      endDatagram(from: start, receiver: table.id(peer), endpoint: endpoint, into: &outbox)
    } else {
      outbox.bytes.removeSubrange(start...)
    }
  }

  /// Writes the living members of some buckets; false when not all of them fit.
  private mutating func writeAllEntries(in set: BucketSet, limit: Int, into bytes: inout [UInt8]) -> Bool {
    hashRing.settle(in: table)
    for bucket in 0..<Digest.bucketCount where set.contains(bucket) {
      let stretch = hashRing.stretch(Digest.range(of: bucket), in: table)
      for offset in 0..<stretch.count {
        guard writeEntry(hashRing.member(offset, of: stretch), limit: limit, into: &bytes) else { return false }
      }
    }
    return true
  }

  /// Writes what a peer lacks, as much as fits; false when that is not all of it.
  private mutating func writeEntries(_ choice: EntryChoice, limit: Int, into bytes: inout [UInt8]) -> Bool {
    hashRing.settle(in: table)
    var fits = true
    for bucket in 0..<Digest.bucketCount where choice.set.contains(bucket) {
      let stretch = hashRing.stretch(Digest.range(of: bucket), in: table)
      for offset in 0..<stretch.count {
        let index = hashRing.member(offset, of: stretch)
        if choice.includes(table.record(index)) { fits = writeEntry(index, limit: limit, into: &bytes) && fits }
      }
    }
    return fits
  }

  /// Writes a living member, and what it is accused of; false, and nothing, when that does not fit.
  private func writeEntry(_ index: SlotIndex, limit: Int, into bytes: inout [UInt8]) -> Bool {
    let end = bytes.count
    bytes.writeField(FieldTag.update) { table.record(index).write(to: &$0) }
    if table.status(index) == .suspect {
      bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
    }
    return bytes.cut(to: end, beyond: limit)
  }

  private mutating func startStreamRepair(with index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard antiEntropy.activeRepair == nil, let endpoint = table.endpoint(index), streams.count < settings.streamLimit
    else { return }
    antiEntropy.activeRepair = dialRepair(endpoint, peer: table.id(index), now: now, into: &outbox)
  }
}

/// Which members of some buckets a peer is told of.
private enum EntryChoice {
  /// Those that it has not told us of in the same or a newer incarnation.
  case besides([Update.Claim], in: BucketSet)
  case among(Outlines, in: BucketSet)
  case notAmong(Outlines, in: BucketSet)

  var set: BucketSet {
    switch self {
    case .besides(_, let set), .among(_, let set), .notAmong(_, let set): set
    }
  }

  /// Whether it was us who began the comparison.
  var isOfComparer: Bool { if case .among = self { false } else { true } }

  func includes(_ record: Record) -> Bool {
    switch self {
    case .besides(let offered, _): !offered.contains { $0.id == record.id && $0.incarnation >= record.incarnation }
    case .among(let outlines, _): outlines.contains(record)
    case .notAmong(let outlines, _): !outlines.contains(record)
    }
  }
}

extension [UInt8] {
  /// Takes back what was written behind `end` if it reaches beyond `limit`; false when it did.
  fileprivate mutating func cut(to end: Int, beyond limit: Int) -> Bool {
    guard count > limit else { return true }
    removeSubrange(end...)
    return false
  }
}
