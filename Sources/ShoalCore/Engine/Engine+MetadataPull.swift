/// Pulling metadata: whom to ask, when, and what to make of the answer.
///
/// ```
/// wanted ─▶ due, and a turn is free ─▶ room? ─▶ dial ─▶ request ─▶ chunks ─▶ hash right? ─▶ held, metadataChanged
///   ▲                                    │ no: later      │ absent, broken, too slow     │ no: the owner is asked
///   └────────────────────────────────────┴────────────────┴──────────────────────────────┘
/// ```
extension Engine {
  /// Wants a version, or wants it at another time.
  mutating func want(_ pull: MetadataPull) {
    pulls[pull.owner] = pull
    if let index = table.find(pull.owner) { armMetadata(index, at: pull.due) }
  }

  /// Looks at the metadata of a member at a moment: a pull may be due, or our own is to be told.
  mutating func armMetadata(_ index: SlotIndex, at instant: Instant) {
    timers.set(.metadata, key: UInt64(index.position), at: instant)
  }

  mutating func metadataDue(_ index: SlotIndex, now: Now, into outbox: inout Outbox) {
    guard table.isOccupied(index) else { return }
    if index == myIndex { publishMetadata(now: now, into: &outbox) }
    guard let pull = pulls[table.id(index)], pull.stream == nil, pull.due <= now.monotonic else { return }
    pulls.enqueue(pull.owner)
    startPulls(now: now, into: &outbox)
  }

  /// Starts pulls that are due, as many as may be under way at once.
  mutating func startPulls(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted else { return }
    while pulls.activeCount < MetadataLimits.pulls, let pull = pulls.popReady() {
      start(pull, now: now, into: &outbox)
    }
  }

  private mutating func start(_ pull: MetadataPull, now: Now, into outbox: inout Outbox) {
    var pull = pull
    guard hasRoom(for: pull, now: now) else {
      counters.metadataOverLimit += 1
      pull.due = now.monotonic + MetadataPull.roomWait
      want(pull)
      return
    }
    guard let source = source(of: pull), let endpoint = table.endpoint(source), streams.count < settings.streamLimit
    else {
      postpone(pull, now: now)
      return
    }
    let id = streams.drawID()
    streams[id] = .dialingMetadata(owner: pull.owner, peer: table.id(source))
    pull.stream = id
    pulls[pull.owner] = pull
    counters.metadataPullsStarted += 1
    let patience = pull.patience(probeInterval: settings.probeInterval, longest: settings.joinTimeout)
    timers.set(.stream, key: id.raw, at: now.monotonic + patience)
    outbox.streamActions.append(.dial(id, endpoint, expected: table.id(source)))
  }

  /// Whether a version may be held, too, once those are forgotten that are dead. What it replaces gives its room to it.
  private mutating func hasRoom(for pull: MetadataPull, now: Now) -> Bool {
    let needed = Int(pull.stamp.length) - metadata.byteCount(of: pull.owner) + pulls.expectedBytes
    let limit = settings.metadataByteLimit + metadata.byteCount(of: record.id) - needed
    guard metadata.byteCount > limit, now.monotonic >= pulls.nextSweep else { return metadata.byteCount <= limit }
    pulls.nextSweep = now.monotonic + MetadataPull.sweepInterval
    var position = 0
    while metadata.byteCount > limit, let owner = metadata.owner(at: position) {
      let isLiving = table.find(owner).map { table.status($0).isLiving } ?? false
      // Another one takes the place of one that is removed.
      if isLiving || owner == record.id { position += 1 } else { metadata.remove(owner) }
    }
    return metadata.byteCount <= limit
  }

  private mutating func source(of pull: MetadataPull) -> SlotIndex? {
    let owner = table.find(pull.owner)
    guard uses(.metadataFromHolders) else { return owner }
    switch pull.source {
    case .owner: return owner
    case .teller:
      if let teller = table.find(pull.teller), teller != myIndex, table.status(teller).isLiving { return teller }
      return holder(besides: owner)
    case .anybody: return holder(besides: owner)
    }
  }

  /// Anybody who may hold what is wanted, and the owner only where hardly anybody else is.
  private mutating func holder(besides owner: SlotIndex?) -> SlotIndex? {
    for _ in 0..<8 {
      if let index = randomLiving(), index != owner { return index }
    }
    return owner
  }

  // MARK: Answers

  /// Asks for what has not come yet.
  mutating func requestMetadata(of owner: NodeID, from peer: NodeID, on id: StreamID, into outbox: inout Outbox) {
    guard let pull = pulls[owner], pull.stream == id else {
      drop(id, into: &outbox)
      return
    }
    streams[id] = .pullingMetadata(owner: owner, peer: peer)
    // Only whoever knew of it before us is waited for, so that no two wait for each other.
    let request = MetadataRequest(
      owner: owner, version: pull.stamp.version, offset: UInt32(pull.received.count), mayWait: pull.source == .teller)
    write(.metadataRequest(request), on: id, into: &outbox)
  }

  /// Takes in a chunk; after the last one the bytes are looked at as a whole.
  mutating func takeChunk(
    _ head: MetadataChunk, of owner: NodeID, from peer: NodeID, on id: StreamID, reader: inout ByteReader, now: Now,
    into outbox: inout Outbox
  ) throws(WireError) {
    guard let (stamp, received) = pulls.progress(of: owner, on: id) else {
      drop(id, into: &outbox)
      return
    }
    let bytes = try reader.readSpan(reader.remaining)
    let count = received + bytes.byteCount
    guard head.version == stamp.version, head.length == stamp.length, Int(head.offset) == received,
      bytes.byteCount > 0, count <= Int(stamp.length)
    else { throw .malformed }
    pulls.append(bytes, to: owner)
    if count < Int(stamp.length) {
      requestMetadata(of: owner, from: peer, on: id, into: &outbox)
    } else {
      drop(id, into: &outbox)
      pulled(owner, from: peer, now: now, into: &outbox)
    }
  }

  private mutating func pulled(_ owner: NodeID, from peer: NodeID, now: Now, into outbox: inout Outbox) {
    guard let pull = pulls[owner], let index = table.find(owner) else { return }
    guard pull.stamp.matches(pull.received) else {
      counters.metadataCorrupt += 1
      pulls[owner]?.asksOwner = true
      // An owner that contradicts its own record is not asked again at once.
      pullFailed(owner, isAtOnce: peer != owner, now: now, into: &outbox)
      return
    }
    counters.metadataPulled += 1
    pulls[owner] = nil
    metadata.keep(pull.received, as: pull.stamp, of: owner)
    outbox.events.append(.metadataChanged(table.member(index)))
    serveWaiting(for: owner, into: &outbox)
    startPulls(now: now, into: &outbox)
  }

  /// A try has ended without the bytes; another one follows for as long as the version is wanted.
  mutating func pullFailed(
    _ owner: NodeID, on id: StreamID? = nil, isAtOnce: Bool = false, now: Now, into outbox: inout Outbox
  ) {
    guard var pull = pulls[owner], id == nil || pull.stream == id else { return }
    counters.metadataPullsFailed += 1
    pull.stream = nil
    pull.received = []
    postpone(pull, isAtOnce: isAtOnce, now: now)
    dismissWaiting(for: owner, into: &outbox)
    startPulls(now: now, into: &outbox)
  }

  private mutating func postpone(_ pull: MetadataPull, isAtOnce: Bool = false, now: Now) {
    var pull = pull
    pull.attempts += 1
    let wait = MetadataPull.wait(afterAttempts: pull.attempts)
    pull.due = isAtOnce ? now.monotonic : now.monotonic + wait + random.jitter(wait / 2)
    want(pull)
  }
}
