/// When two peers whose fingerprints differ should compare what they hold.
///
/// News is usually under way when fingerprints differ, and gossip will deliver it. Repair is for what gossip has missed: both
/// sides have been quiet for a while and still disagree, or no peer has agreed for long.
struct AntiEntropy {
  let quietTime: Nanoseconds
  let patience: Nanoseconds
  /// When the view last changed here.
  var lastChange: Instant
  /// When a peer's fingerprint last equalled ours.
  var lastMatch: Instant
  /// How many pings and acks in a row have agreed since the view last changed.
  var consecutiveMatches = 0
  /// The repair that this node has started; one at a time.
  var activeRepair: StreamID?
  /// The earliest instant for the next one.
  private(set) var nextAllowed: Instant
  /// The earliest instant for it while newcomers arrive.
  private var patientUntil = Instant.zero

  /// Who has come back from the dead last: where a split has healed, it knows what we have missed.
  var lastReturned: NodeID?
  /// The digest whose answer is awaited.
  var comparison: Comparison?
  /// The earliest instant for another digest to somebody who has come back from the dead.
  var nextReunion = Instant.zero
  /// How many digests are answered.
  var allowance = TokenBucket(perSecond: UInt64(servingLimit), burst: UInt64(servingLimit))

  /// At most so many repairs are served at once, and digests answered a second; further ones are left to come back later.
  static let servingLimit = 16

  struct Comparison: Equatable {
    let peer: NodeID
    let sequence: UInt32
  }

  /// From the end of a comparison to the next one, and as long again at random. Doubles while nobody agrees.
  private var interval = shortestInterval
  static let shortestInterval = Nanoseconds.milliseconds(250)
  static let longestInterval = Nanoseconds.milliseconds(500)
  /// While newcomers arrive, comparisons are `patience` apart, and never more than this, or so much for each member where there are many:
  /// everybody compares, so that the more there are the less each may.
  static let longestUsualPatience = Nanoseconds.seconds(2)
  static let patiencePerMember = Nanoseconds.milliseconds(2)
  static let longestPatience = Nanoseconds.seconds(10)
  /// So many can afford streams for what does not fit in a datagram also while newcomers arrive.
  static let fewMembers = 1_000

  init(quietTime: Nanoseconds, patience: Nanoseconds, now: Instant) {
    self.quietTime = quietTime
    self.patience = patience
    lastChange = now
    lastMatch = now
    nextAllowed = now
  }

  mutating func viewChanged(at now: Instant) {
    lastChange = now
    consecutiveMatches = 0
  }

  /// Says when the next comparison may begin.
  ///
  /// - Parameter lateness: how late this node is. On a machine that cannot keep up, comparisons would find what is on its way.
  mutating func pace(
    isComparing: Bool, isPatient: Bool, members: Int, lateness: Nanoseconds, at now: Instant, random: inout PRNG
  ) {
    let wait = isComparing ? interval : Nanoseconds.seconds(1)
    nextAllowed = now + wait + random.jitter(wait)
    if isPatient {
      let usual = max(
        min(patience, Self.longestUsualPatience),
        min(UInt64(members) * Self.patiencePerMember, Self.longestPatience))
      let longest = usual + lateness
      patientUntil = now + longest + random.jitter(longest)
    } else {
      interval = min(Self.longestInterval, 2 * interval)
    }
  }

  /// Whether the next comparison may begin.
  func isDue(isPatient: Bool, at now: Instant) -> Bool { now >= nextAllowed && (!isPatient || now >= patientUntil) }

  /// Tenths of a second since the view last changed, 255 for longer: the age byte of every header.
  func age(at now: Instant) -> UInt8 {
    UInt8(truncatingIfNeeded: min(255, now.since(lastChange) / .milliseconds(100)))
  }

  /// Compares a peer's header with ours. True when a repair with this peer should start.
  mutating func observe(agrees: Bool, peerAge: UInt8, isPatient: Bool, now: Instant) -> Bool {
    if agrees {
      lastMatch = now
      interval = Self.shortestInterval
      if consecutiveMatches < Int.max { consecutiveMatches += 1 }
      return false
    }
    consecutiveMatches = 0
    guard activeRepair == nil, isDue(isPatient: isPatient, at: now) else { return false }
    let isQuiet = now.since(lastChange) >= quietTime && UInt64(peerAge) * .milliseconds(100) >= quietTime
    return isQuiet || now.since(lastMatch) >= patience
  }
}
