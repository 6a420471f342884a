/// How fast a member lets newcomers in. Whoever is too many is sent on to others, so that a mass join fans out from one seed.
struct AdmissionDesk {
  /// Newcomers wait so long at least, so that those who come together are announced together.
  static let gatherTime = Nanoseconds.milliseconds(10)
  /// While many come, they wait so long for each member: an announcement goes to everybody, so that the more there are, the larger the
  /// batches should be.
  static let gatherTimePerMember = Nanoseconds.milliseconds(1) / 4
  /// However many members there are.
  static let longestGatherTime = Nanoseconds.seconds(1)
  /// At most so much longer on a machine that cannot keep up.
  static let longestExtraTime = Nanoseconds.seconds(1)
  /// From one batch to the next.
  static let batchInterval = Nanoseconds.milliseconds(100)
  /// So many are admitted at once after a rest, and one a second from then on; further ones are sent on, or wait while there is
  /// nobody to send them to. So many records of the usual size fit in one datagram.
  static let burst: UInt64 = 16
  static let perSecond: UInt64 = 1
  /// A member that may admit fewer, and not all who wait, sends all of them on if it can.
  static let smallestBatch = Int(burst) / 2
  /// A newcomer is sent on to so many, to be tried one after the other.
  static let redirectTargets = 3
  /// A newcomer that was admitted waits this long before it pulls the table: what was announced at the same time elsewhere has
  /// arrived by then, and what comes later is told to the newcomer as well.
  static let pullDelay = Nanoseconds.milliseconds(30)

  private var allowance = TokenBucket(perSecond: perSecond, burst: burst)
  private var lastBatch: Instant?
  private var isArmed = false

  /// When the batch is due for which somebody has begun to wait; nil when a timer runs already.
  ///
  /// - Parameter lateness: how late this node is. On a machine that cannot keep up, announcements are what it lacks the time for.
  mutating func nextBatch(now: Instant, isBusy: Bool, members: Int, lateness: Nanoseconds) -> Instant? {
    guard !isArmed else { return nil }
    isArmed = true
    let gatherTime = isBusy ? Self.busyGatherTime(members: members) : Self.gatherTime
    let soon = now + gatherTime + min(lateness, Self.longestExtraTime)
    return lastBatch.map { max(soon, $0 + Self.batchInterval) } ?? soon
  }

  /// How long newcomers wait while many come.
  static func busyGatherTime(members: Int) -> Nanoseconds {
    min(longestGatherTime, max(gatherTime, UInt64(members) * gatherTimePerMember))
  }

  mutating func beginBatch(now: Instant) {
    isArmed = false
    lastBatch = now
  }

  /// How many of those who wait may be admitted at once.
  mutating func allowed(of waiting: Int, at now: Instant) -> Int { min(waiting, Int(allowance.available(at: now))) }

  mutating func takeAllowance(at now: Instant) { _ = allowance.take(at: now) }
}
