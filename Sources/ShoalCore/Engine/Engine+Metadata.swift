/// Metadata: records carry its version, and whoever learns of a newer one pulls the bytes over a stream.
///
/// News of a version goes down a tree, and the bytes follow the same way: each member asks whoever told it, which serves it at once
/// or as soon as the bytes have come there. So the owner serves the few that it told itself, whatever the size of the cluster.
extension Engine {
  /// The newest metadata of a member that is at hand: empty when it has none; nil when it has some that has not come yet, and when
  /// the member is unknown. While a newer version is being pulled, it is still the older one.
  package func metadata(of id: NodeID) -> [UInt8]? {
    if let bytes = metadata.bytes(of: id) { return bytes }
    if id == record.id { return [] }
    guard let index = table.find(id), table.record(index).metadata == nil else { return nil }
    return []
  }

  /// How many bytes of metadata are held, this node's own included.
  package var metadataByteCount: Int { metadata.byteCount }

  // MARK: This node's own

  /// Takes in new metadata of this node. Before admission it waits until then; what is too long is counted and changes nothing.
  mutating func setMetadata(_ bytes: [UInt8], now: Now, into outbox: inout Outbox) {
    guard bytes.count <= MetadataLimits.bytes else {
      counters.rejectedOverLimit += 1
      return
    }
    let held = metadata.bytes(of: record.id) ?? []
    guard bytes != held else { return }
    let version = (metadata.stamp(of: record.id)?.version ?? 0) + 1
    metadata.keep(bytes, as: MetadataStamp(version: version, of: bytes), of: record.id)
    publishMetadata(now: now, into: &outbox)
  }

  /// Tells everybody of our newest version, unless our record does so already.
  mutating func publishMetadata(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted, let myIndex, let stamp = metadata.stamp(of: record.id), record.metadata != stamp
    else { return }
    changedFrom = record
    publish(record.with(incarnation: record.incarnation + 1, metadata: stamp), now: now, into: &outbox)
    changedFrom = nil
    outbox.events.append(.metadataChanged(table.member(myIndex)))
  }

  // MARK: Learning

  /// A record has entered the table: its metadata is pulled, unless it is at hand.
  mutating func noteMetadata(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    let record = table.record(index)
    guard let stamp = record.metadata, index != myIndex else { return }
    guard metadata.stamp(of: record.id) != stamp, pulls[record.id]?.stamp != stamp else { return }
    if plantedBug == .keepsOldMetadata, metadata.stamp(of: record.id) != nil { return }
    endPull(of: record.id, into: &outbox)
    startPulls(now: now, into: &outbox)
    guard stamp.length > 0 else {
      metadata.keep([], as: stamp, of: record.id)
      outbox.events.append(.metadataChanged(table.member(index)))
      return
    }
    guard stamp.length <= MetadataLimits.bytes else {
      counters.metadataTooLong += 1
      return
    }
    let teller = uses(.metadataFromHolders) ? newsTeller : .unknown
    let wait = teller == .unknown ? random.jitter(MetadataPull.startJitter) : 0
    want(MetadataPull(owner: record.id, stamp: stamp, teller: teller, due: now.monotonic + wait))
  }

  /// A member is dead or left. What is held of it stays, in case that it comes back, for as long as there is room.
  mutating func metadataOwnerGone(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard table.record(index).metadata != nil else { return }
    endPull(of: table.id(index), into: &outbox)
    if table.status(index) == .left { metadata.remove(table.id(index)) }
    startPulls(now: now, into: &outbox)
  }

  /// A version is not wanted any more: whoever waits for it here must ask elsewhere.
  private mutating func endPull(of owner: NodeID, into outbox: inout Outbox) {
    guard let pull = pulls[owner] else { return }
    pulls[owner] = nil
    if let stream = pull.stream { drop(stream, into: &outbox) }
    dismissWaiting(for: owner, into: &outbox)
  }

  // MARK: Serving

  /// Sends a part of what is held, waits for it to come, or tells that it is not here.
  mutating func serveMetadata(
    _ request: MetadataRequest, to peer: NodeID, on id: StreamID, into outbox: inout Outbox
  ) {
    let isNew = if case .accepted = streams[id] { true } else { false }
    let load = streams.servedMetadata
    guard !isNew || load.all < MetadataLimits.served else {
      refuseMetadata(on: id, into: &outbox)
      return
    }
    if metadata.stamp(of: request.owner)?.version == request.version {
      streams[id] = .servingMetadata(peer: peer)
      writeChunk(of: request.owner, from: Int(request.offset), on: id, into: &outbox)
    } else if request.mayWait, load.waiting < MetadataLimits.waiting, let pull = pulls[request.owner],
      pull.stream != nil, pull.stamp.version == request.version
    {
      streams[id] = .awaitingMetadata(peer: peer, owner: request.owner)
    } else {
      refuseMetadata(on: id, into: &outbox)
    }
  }

  private mutating func refuseMetadata(on id: StreamID, into outbox: inout Outbox) {
    write(.metadataAbsent, on: id, into: &outbox)
    drop(id, into: &outbox)
  }

  private mutating func writeChunk(of owner: NodeID, from offset: Int, on id: StreamID, into outbox: inout Outbox) {
    guard let stamp = metadata.stamp(of: owner), let bytes = metadata.bytes(of: owner), offset < bytes.count else {
      refuseMetadata(on: id, into: &outbox)
      return
    }
    counters.metadataChunksSent += 1
    let head = MetadataChunk(version: stamp.version, length: stamp.length, offset: UInt32(offset))
    write(.metadataChunk(head), on: id, into: &outbox) {
      $0.append(contentsOf: bytes[offset..<min(bytes.count, offset + MetadataLimits.chunkBytes)])
    }
  }

  /// What others waited for has come.
  mutating func serveWaiting(for owner: NodeID, into outbox: inout Outbox) {
    for (id, peer) in streams.waiting(for: owner) {
      streams[id] = .servingMetadata(peer: peer)
      writeChunk(of: owner, from: 0, on: id, into: &outbox)
    }
  }

  /// What others wait for does not come this way.
  mutating func dismissWaiting(for owner: NodeID, into outbox: inout Outbox) {
    for (id, _) in streams.waiting(for: owner) { refuseMetadata(on: id, into: &outbox) }
  }
}
