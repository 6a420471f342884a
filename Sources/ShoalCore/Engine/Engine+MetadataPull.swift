/// Pulling metadata: whom to ask, when, and what to make of the answer.
///
/// ```
/// wanted ─▶ due, and a turn is free ─▶ room? ─▶ dial ─▶ request ─▶ chunks ─▶ hash right? ─▶ held, metadataChanged
///   ▲                                    │ no: later      │ absent, broken, too slow     │ no: the owner is asked
///   └────────────────────────────────────┴────────────────┴──────────────────────────────┘
/// ```
extension Engine {
  /// Sees to it that due pulls are started.
  mutating func armPulls(now: Now) {
    guard phase == .admitted, let earliest = pulls.earliest, pulls.activeCount < MetadataLimits.pulls else { return }
    armPulls(at: max(earliest, now.monotonic))
  }

  /// Looks for due pulls at a moment, unless that is done before.
  mutating func armPulls(at instant: Instant) {
    if let timerDue = pulls.timerDue, timerDue <= instant { return }
    pulls.timerDue = instant
    timers.set(.metadata, at: instant)
  }

  /// Starts the pulls whose time has come, as many as may be under way at once.
  mutating func startDuePulls(now: Now, into outbox: inout Outbox) {
    if let timerDue = pulls.timerDue, timerDue <= now.monotonic { pulls.timerDue = nil }
    publishMetadata(now: now, into: &outbox)
    guard phase == .admitted else { return }
    var free = MetadataLimits.pulls - pulls.activeCount
    // Whatever is looked at is under way or due later after that, so this ends.
    while free > 0, let owner = pulls.nextDue(at: now.monotonic), let pull = pulls[owner] {
      if start(pull, now: now, into: &outbox) { free -= 1 }
    }
    armPulls(now: now)
  }

  private mutating func start(_ pull: MetadataPull, now: Now, into outbox: inout Outbox) -> Bool {
    guard hasRoom(for: pull) else {
      counters.metadataOverLimit += 1
      pulls[pull.owner]?.due = now.monotonic + MetadataPull.roomWait
      return false
    }
    guard let source = source(of: pull), let endpoint = table.endpoint(source), streams.count < settings.streamLimit
    else {
      postpone(pull.owner, now: now)
      return false
    }
    let id = streams.drawID()
    streams[id] = .dialingMetadata(owner: pull.owner, peer: table.id(source))
    pulls[pull.owner]?.stream = id
    counters.metadataPullsStarted += 1
    let patience = pull.patience(probeInterval: settings.probeInterval, longest: settings.joinTimeout)
    timers.set(.stream, key: id.raw, at: now.monotonic + patience)
    outbox.streamActions.append(.dial(id, endpoint, expected: table.id(source)))
    return true
  }

  /// Whether a version may be held, too, once those are forgotten that are dead. What it replaces gives its room to it.
  private mutating func hasRoom(for pull: MetadataPull) -> Bool {
    let needed = Int(pull.stamp.length) - metadata.byteCount(of: pull.owner) + pulls.expectedBytes
    let limit = settings.metadataByteLimit + metadata.byteCount(of: record.id) - needed
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
      return randomLiving()
    case .anybody: return randomLiving()
    }
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
    guard let pull = pulls[owner], pull.stream == id else {
      drop(id, into: &outbox)
      return
    }
    let bytes = try reader.readSpan(reader.remaining)
    let count = pull.received.count + bytes.byteCount
    guard head.version == pull.stamp.version, head.length == pull.stamp.length,
      Int(head.offset) == pull.received.count, bytes.byteCount > 0, count <= Int(pull.stamp.length)
    else { throw .malformed }
    pulls.append(bytes, to: owner)
    if count < Int(pull.stamp.length) {
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
      pullFailed(owner, isAtOnce: peer != owner, now: now, into: &outbox)
      return
    }
    counters.metadataPulled += 1
    pulls[owner] = nil
    metadata.keep(pull.received, as: pull.stamp, of: owner)
    outbox.events.append(.metadataChanged(table.member(index)))
    serveWaiting(for: owner, into: &outbox)
    armPulls(now: now)
  }

  /// A try has ended without the bytes; another one follows for as long as the version is wanted.
  mutating func pullFailed(
    _ owner: NodeID, on id: StreamID? = nil, isAtOnce: Bool = false, now: Now, into outbox: inout Outbox
  ) {
    guard let pull = pulls[owner], id == nil || pull.stream == id else { return }
    counters.metadataPullsFailed += 1
    pulls[owner]?.stream = nil
    pulls[owner]?.received = []
    postpone(owner, now: now)
    if isAtOnce { pulls[owner]?.due = now.monotonic }
    dismissWaiting(for: owner, into: &outbox)
    armPulls(now: now)
  }

  private mutating func postpone(_ owner: NodeID, now: Now) {
    guard var pull = pulls[owner] else { return }
    pull.attempts += 1
    let wait = MetadataPull.wait(afterAttempts: pull.attempts)
    pull.due = now.monotonic + wait + random.jitter(wait / 2)
    pulls[owner] = pull
  }
}
