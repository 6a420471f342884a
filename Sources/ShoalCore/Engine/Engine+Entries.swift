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
      if !writeEntries(in: set, .all, limit: start + settings.datagramBytes, into: &outbox.bytes) {
        outbox.bytes.removeSubrange((start + DatagramHeader.byteCount)...)
        outline(set, now: now).write(to: &outbox.bytes)
      }
    }
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// The outlines of some buckets, or a call for a stream when they do not fit. While newcomers arrive, every two views differ, and a stream
  /// for each difference would keep a large cluster busy with nothing else: as many buckets are told of as fit.
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
      if hashes.count > limit {
        hashes.removeSubrange(end...)
        break
      }
      told.insert(bucket)
    }
    let isEnough = told == set || areNewcomersArriving(now: now) && !told.isEmpty
    return isEnough ? .outlines(told, Outlines(salt: salt, of: hashes)) : .byStream
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
    case .rest: reply(.rest, to: index, about: contradicted, sequence: sequence, now: now, into: &outbox)
    case .buckets(let set):
      reply(
        .rest, to: index, about: contradicted, in: set, .besides(offered), sequence: sequence, now: now, into: &outbox)
    case .outlines(let set, let outlines):
      let unknown = unknown(of: outlines, in: set)
      reply(
        unknown.hashes.isEmpty ? .rest : .wanted(set, unknown), to: index, about: contradicted, in: set,
        .notAmong(outlines), sequence: sequence, now: now, into: &outbox)
    case .wanted(let set, let wanted):
      reply(
        .rest, to: index, about: contradicted, in: set, .among(wanted), sequence: sequence, now: now, into: &outbox)
    case .byStream: startStreamRepair(with: index, now: now, into: &outbox)
    }
  }

  /// Sends what the peer lacks, if there is anything to tell. What does not fit goes by stream, or waits for another comparison while newcomers
  /// arrive.
  private mutating func reply(
    _ head: EntriesHead, to index: SlotIndex, about contradicted: [SlotIndex], in set: BucketSet = BucketSet(),
    _ choice: EntryChoice = .all, sequence: UInt32, now: Now, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(index) else { return }
    let start = beginDatagram(.entries, sequence: sequence, target: .unknown, now: now, into: &outbox)
    let limit = start + settings.datagramBytes
    head.write(to: &outbox.bytes)
    let emptyEnd = outbox.bytes.count
    var fits = true
    for index in contradicted where fits {
      let end = outbox.bytes.count
      outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
      fits = outbox.bytes.cut(to: end, beyond: limit)
    }
    fits = fits && writeEntries(in: set, choice, limit: limit, into: &outbox.bytes)
    let isByStream = !fits && !areNewcomersArriving(now: now)
    guard !isByStream, outbox.bytes.count > emptyEnd || head != .rest else {
      outbox.bytes.removeSubrange(start...)
      if isByStream { startStreamRepair(with: index, now: now, into: &outbox) }
      return
    }
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// Writes living members of some buckets, as many as fit; false when not all of them do.
  private mutating func writeEntries(
    in set: BucketSet, _ choice: EntryChoice, limit: Int, into bytes: inout [UInt8]
  ) -> Bool {
    hashRing.settle(in: table)
    for bucket in 0..<Digest.bucketCount where set.contains(bucket) {
      let stretch = hashRing.stretch(Digest.range(of: bucket), in: table)
      for offset in 0..<stretch.count {
        let index = hashRing.member(offset, of: stretch)
        let record = table.record(index)
        guard choice.includes(record) else { continue }
        let end = bytes.count
        bytes.writeField(FieldTag.update) { record.write(to: &$0) }
        if table.status(index) == .suspect {
          bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
        }
        guard bytes.cut(to: end, beyond: limit) else { return false }
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

/// Which members of a bucket a peer is told of.
private enum EntryChoice {
  case all
  /// Those that it has not told us of in the same or a newer incarnation.
  case besides([Update.Claim])
  case among(Outlines)
  case notAmong(Outlines)

  func includes(_ record: Record) -> Bool {
    switch self {
    case .all: true
    case .besides(let offered): !offered.contains { $0.id == record.id && $0.incarnation >= record.incarnation }
    case .among(let outlines): outlines.contains(record)
    case .notAmong(let outlines): !outlines.contains(record)
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
