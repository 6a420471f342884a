/// A version of somebody's metadata that is wanted here.
struct MetadataPull {
  let owner: NodeID
  let stamp: MetadataStamp
  /// Who told of this version; `.unknown` when it has long been known to others.
  let teller: NodeID
  /// How many tries have failed.
  var attempts = 0
  /// When the next try is due; meaningless while one is under way.
  var due: Instant
  /// Whether it is due and waits for a turn.
  var isReady = false
  /// The stream of the try that is under way.
  var stream: StreamID?
  var received: [UInt8] = []
  /// Somebody has sent other bytes: only the owner is asked from now on.
  var asksOwner = false

  /// Who is asked: at first whoever told of it, for it has the bytes or will have them soon; then four times anybody, for most have them;
  /// then the owner, and so on. The owner so serves those whom it told, not everybody, and one that is lost is not waited for while
  /// others have what is wanted.
  enum Source {
    case teller, anybody, owner
  }

  var source: Source {
    if asksOwner { return .owner }
    if attempts == 0 { return teller == .unknown ? .anybody : .teller }
    return attempts % 5 == 0 ? .owner : .anybody
  }

  /// How long a try may take: a probe interval, twice as long after each that failed, at most `longest`.
  func patience(probeInterval: Nanoseconds, longest: Nanoseconds) -> Nanoseconds {
    min(probeInterval << UInt64(min(attempts, 5)), longest)
  }

  /// A first try that nobody in particular was named for starts after up to so long, so that not all start at once.
  static let startJitter = Nanoseconds.milliseconds(250)
  /// The wait after there was no room.
  static let roomWait = Nanoseconds.seconds(30)
  /// What may be forgotten is looked for at most so often.
  static let sweepInterval = Nanoseconds.seconds(1)

  /// The wait after so many failed tries: 100 ms, doubling up to 3.2 s. A random half as much is added.
  static func wait(afterAttempts attempts: Int) -> Nanoseconds {
    .milliseconds(100) << UInt64(min(max(attempts, 1) - 1, 5))
  }
}

/// All that is wanted: at most one version of each living member.
struct MetadataPulls {
  private var entries: [MetadataPull] = []
  // Looked up, never iterated.
  private var positions: [NodeID: Int] = [:]
  /// Those that are due and wait for a turn, first come first served; some may be wanted no more.
  private var ready = Fifo<NodeID>()
  /// How many are under way.
  private(set) var activeCount = 0
  /// How many bytes those under way will bring, in all.
  private(set) var expectedBytes = 0
  /// From when on it is worth looking again for metadata that may be forgotten.
  var nextSweep = Instant.zero

  var count: Int { entries.count }

  subscript(owner: NodeID) -> MetadataPull? {
    get { positions[owner].map { entries[$0] } }
    set {
      let position = positions[owner]
      if let position { count(entries[position], by: -1) }
      if let newValue { count(newValue, by: 1) }
      switch (position, newValue) {
      case (let position?, let pull?): entries[position] = pull
      case (nil, let pull?):
        positions[owner] = entries.count
        entries.append(pull)
      case (let position?, nil):
        positions[owner] = nil
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        positions[last.owner] = position
      case (nil, nil): break
      }
    }
  }

  private mutating func count(_ pull: MetadataPull, by sign: Int) {
    guard pull.stream != nil else { return }
    activeCount += sign
    expectedBytes += sign * Int(pull.stamp.length)
  }

  /// What the stream of a pull brings, and how many bytes of it have come; nil when that pull is over.
  func progress(of owner: NodeID, on stream: StreamID) -> (stamp: MetadataStamp, received: Int)? {
    guard let position = positions[owner], entries[position].stream == stream else { return nil }
    return (entries[position].stamp, entries[position].received.count)
  }

  /// Adds the bytes of a chunk in place, without a copy of what came before.
  mutating func append(_ bytes: RawSpan, to owner: NodeID) {
    guard let position = positions[owner] else { return }
    entries[position].received.write(bytes)
  }

  // MARK: Turns

  /// A pull is due: it has its turn after those that were due before.
  mutating func enqueue(_ owner: NodeID) {
    guard let position = positions[owner], !entries[position].isReady else { return }
    entries[position].isReady = true
    // Those that are wanted no more do not pile up.
    if ready.count > 2 * entries.count + 64 {
      ready.removeAll { owner in !(positions[owner].map { entries[$0].isReady } ?? false) }
    }
    ready.append(owner)
  }

  /// The next one that has its turn; nil when none is due.
  mutating func popReady() -> MetadataPull? {
    while let owner = ready.popFirst() {
      guard let position = positions[owner], entries[position].isReady else { continue }
      entries[position].isReady = false
      return entries[position]
    }
    return nil
  }

  mutating func removeAll() { self = MetadataPulls() }
}
