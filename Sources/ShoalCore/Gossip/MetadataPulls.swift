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
  /// The stream of the try that is under way.
  var stream: StreamID?
  var received: [UInt8] = []
  /// Somebody has sent other bytes: only the owner is asked from now on.
  var asksOwner = false

  /// Who is asked: at first whoever told of it, for it has the bytes or will have them soon; then twice anybody, for most have them;
  /// then the owner, and so on. The owner so serves those whom it told, not everybody.
  enum Source {
    case teller, anybody, owner
  }

  var source: Source {
    if asksOwner { return .owner }
    if attempts == 0 { return teller == .unknown ? .anybody : .teller }
    return attempts % 3 == 0 ? .owner : .anybody
  }

  /// How long a try may take: a probe interval, twice as long after each that failed, at most `longest`.
  func patience(probeInterval: Nanoseconds, longest: Nanoseconds) -> Nanoseconds {
    min(probeInterval << UInt64(min(attempts, 5)), longest)
  }

  /// A first try that nobody in particular was named for starts after up to so long, so that not all start at once.
  static let startJitter = Nanoseconds.milliseconds(250)
  /// The wait for a turn after there was no room.
  static let roomWait = Nanoseconds.seconds(30)

  /// The wait after so many failed tries: 100 ms, doubling up to 3.2 s. A random half as much is added.
  static func wait(afterAttempts attempts: Int) -> Nanoseconds {
    .milliseconds(100) << UInt64(min(max(attempts, 1) - 1, 5))
  }
}

/// All that is wanted: at most one version of each living member.
struct MetadataPulls {
  private(set) var entries: [MetadataPull] = []
  // Looked up, never iterated.
  private var positions: [NodeID: Int] = [:]
  /// When the timer that looks for due pulls goes off next.
  var timerDue: Instant?

  /// How many are under way.
  var activeCount: Int { isEmpty ? 0 : entries.count { $0.stream != nil } }
  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }
  /// How many bytes the pulls under way will bring, in all.
  var expectedBytes: Int { entries.reduce(0) { $0 + ($1.stream == nil ? 0 : Int($1.stamp.length)) } }

  subscript(owner: NodeID) -> MetadataPull? {
    get { positions[owner].map { entries[$0] } }
    set {
      switch (positions[owner], newValue) {
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

  /// Adds the bytes of a chunk in place, without a copy of what came before.
  mutating func append(_ bytes: RawSpan, to owner: NodeID) {
    guard let position = positions[owner] else { return }
    entries[position].received.write(bytes)
  }

  /// The next owner whose pull is due.
  func nextDue(at now: Instant) -> NodeID? { entries.first { $0.stream == nil && $0.due <= now }?.owner }

  /// When the next pull is due that is not under way.
  var earliest: Instant? {
    entries.reduce(nil) { earliest, pull in
      pull.stream == nil ? min(earliest ?? pull.due, pull.due) : earliest
    }
  }

  mutating func removeAll() {
    entries.removeAll()
    positions.removeAll()
  }
}
