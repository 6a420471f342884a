/// How fast a member lets newcomers in. Whoever is too many is sent on to others, so that a mass join fans out from one seed.
struct AdmissionDesk {
  /// Newcomers wait so long at least, so that those who come together are announced together.
  static let gatherTime = Nanoseconds.milliseconds(10)
  /// While many come, they wait so long for each member, or until there are enough: an announcement goes to everybody, so that the more
  /// there are, the larger the batches should be.
  static let gatherTimePerMember = Nanoseconds.milliseconds(1) / 2
  /// However many members there are.
  static let longestGatherTime = Nanoseconds.seconds(1)
  /// At most so much longer on a machine that cannot keep up.
  static let longestExtraTime = Nanoseconds.seconds(1)
  /// From one batch to the next.
  static let batchInterval = Nanoseconds.milliseconds(100)
  /// So many are admitted at once after a rest, and one a second from then on; further ones are sent on, or wait while there is
  /// nobody to send them to. So many records of the usual size fit in one datagram.
  static let burst: UInt64 = 16
  /// So many are enough for a batch: half a datagram. Whoever waited for a full one would often wait for nobody.
  static let enough = 8
  static let perSecond: UInt64 = 1
  /// A newcomer is sent on to so many, to be tried one after the other.
  static let redirectTargets = 3
  /// A newcomer that was admitted waits this long before it pulls the table: what was announced at the same time elsewhere has
  /// arrived by then, and what comes later is told to the newcomer as well.
  static let pullDelay = Nanoseconds.milliseconds(30)

  private var allowance = TokenBucket(perSecond: perSecond, burst: burst)
  private var lastBatch: Instant?
  private var due: Instant?

  /// When the batch is due for which newcomers wait; nil when a timer for it runs already.
  ///
  /// - Parameters:
  ///   - waiting: how many.
  ///   - lateness: how late this node is. On a machine that cannot keep up, announcements are what it lacks the time for.
  mutating func nextBatch(
    now: Instant, waiting: Int, isBusy: Bool, members: Int, lateness: Nanoseconds
  ) -> Instant? {
    let gatherTime = isBusy && waiting < Self.enough ? Self.busyGatherTime(members: members) : Self.gatherTime
    let soon = now + gatherTime + min(lateness, Self.longestExtraTime)
    let next = lastBatch.map { max(soon, $0 + Self.batchInterval) } ?? soon
    if let due, due <= next { return nil }
    due = next
    return next
  }

  /// Whether a batch is due: one may have been dealt with sooner than it was planned at first.
  func isDue(at now: Instant) -> Bool { due.map { now >= $0 } ?? false }

  /// How long newcomers wait while many come.
  static func busyGatherTime(members: Int) -> Nanoseconds {
    min(longestGatherTime, max(gatherTime, UInt64(members) * gatherTimePerMember))
  }

  mutating func beginBatch(now: Instant) {
    due = nil
    lastBatch = now
  }

  mutating func mayAdmit(now: Instant) -> Bool { allowance.take(at: now) }
}
