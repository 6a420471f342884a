/// Two peers that stay different pull each other's pages.
extension Engine {
  /// Starts a repair with a member whose fingerprint differs.
  mutating func startRepair(with index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard !isComparing else {
      compare(with: index, now: now, into: &outbox)
      return
    }
    guard let endpoint = table.endpoint(index), streams.count < settings.streamLimit else { return }
    counters.repairsStarted += 1
    antiEntropy.activeRepair = dialRepair(endpoint, peer: table.id(index), now: now, into: &outbox)
  }

  @discardableResult
  mutating func dialRepair(
    _ endpoint: Endpoint, peer: NodeID, now: Now, into outbox: inout Outbox
  ) -> StreamID {
    let id = streams.drawID()
    streams[id] = .dialingRepair(peer: peer)
    timers.set(.stream, key: id.raw, at: now.monotonic + settings.joinTimeout)
    outbox.streamActions.append(.dial(id, endpoint, expected: peer))
    return id
  }

  mutating func beginRepair(_ id: StreamID, peer: NodeID, into outbox: inout Outbox) {
    guard !isComparing else {
      streams[id] = .comparing(peer: peer)
      write(.digest(table.digest.compact(salt: UInt32(truncatingIfNeeded: random.next()))), on: id, into: &outbox)
      return
    }
    streams[id] = .repairing(peer: peer, dialled: true, pulled: false, served: false, buckets: nil)
    write(.repair, on: id, into: &outbox)
    write(.pageRequest(cursor: 0), on: id, into: &outbox)
  }

  /// The peer has told where our views differ: only that is exchanged.
  mutating func repairBuckets(_ set: BucketSet, on id: StreamID, peer: NodeID, into outbox: inout Outbox) {
    streams[id] = .repairing(peer: peer, dialled: true, pulled: false, served: false, buckets: set)
    write(.pageRequest(cursor: 0), on: id, into: &outbox)
  }

  /// Serves a repair: of the whole table, or of what differs from a digest.
  mutating func serveRepair(
    _ id: StreamID, peer: NodeID, digest: CompactDigest? = nil, into outbox: inout Outbox
  ) {
    guard phase == .admitted, streams.servedRepairs < AntiEntropy.servingLimit else {
      drop(id, into: &outbox)
      return
    }
    counters.repairsServed += 1
    let buckets = digest.map { table.digest.differences(from: $0) }
    streams[id] = .repairing(peer: peer, dialled: false, pulled: false, served: false, buckets: buckets)
    if let buckets { write(.buckets(buckets), on: id, into: &outbox) }
    write(.pageRequest(cursor: 0), on: id, into: &outbox)
  }

  /// The peer's last page has been taken in.
  mutating func repairPulled(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .repairing(let peer, let dialled, _, let served, let buckets) = streams[id] else { return }
    streams[id] = .repairing(peer: peer, dialled: dialled, pulled: true, served: served, buckets: buckets)
    write(.done, on: id, into: &outbox)
    endRepairIfOver(id, now: now, into: &outbox)
  }

  /// The peer has taken in our last page.
  mutating func repairServed(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .repairing(let peer, let dialled, let pulled, _, let buckets) = streams[id] else { return }
    streams[id] = .repairing(peer: peer, dialled: dialled, pulled: pulled, served: true, buckets: buckets)
    endRepairIfOver(id, now: now, into: &outbox)
  }

  /// The side that dialled closes; the other one hears of it.
  private mutating func endRepairIfOver(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .repairing(_, dialled: true, pulled: true, served: true, _) = streams[id] else { return }
    drop(id, into: &outbox)
    repairEnded(id, now: now)
  }

  mutating func repairEnded(_ id: StreamID, now: Now) {
    guard antiEntropy.activeRepair == id else { return }
    antiEntropy.activeRepair = nil
    paceComparison(now: now)
  }

  /// Writes one page of the living, of some buckets or of all, beginning at a cursor from the page before.
  mutating func writePage(from cursor: UInt32, on id: StreamID, of buckets: BucketSet?, into outbox: inout Outbox) {
    let start = outbox.bytes.count
    appendPage(from: cursor, of: buckets, to: &outbox.bytes)
    outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
  }

  /// The same, for whoever brings it there another way.
  func appendPage(from cursor: UInt32, of buckets: BucketSet?, to bytes: inout [UInt8]) {
    let start = bytes.count
    FrameHeader.page(next: 0).write(to: &bytes)
    var position = Int(cursor)
    while position < table.slotCount, bytes.count - start < settings.pageBytes {
      let index = SlotIndex(position)
      if buckets?.contains(Digest.bucket(of: table.id(index))) ?? true { appendEntry(index, to: &bytes) }
      position += 1
    }
    if position < table.slotCount, position <= Int(UInt32.max) {
      let next = UInt32(position)
      for byte in 0..<4 { bytes[start + 1 + byte] = UInt8(truncatingIfNeeded: next >> UInt32(24 - 8 * byte)) }
    }
  }

  /// A living member as one or two updates: its record, and the accusation if it is suspect.
  private func appendEntry(_ index: SlotIndex, to bytes: inout [UInt8]) {
    guard table.isOccupied(index), table.status(index).isLiving else { return }
    bytes.writeField(FieldTag.update) { table.record(index).write(to: &$0) }
    if table.status(index) == .suspect {
      bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
    }
  }
}
