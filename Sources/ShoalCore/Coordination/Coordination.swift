/// What a node knows of coordination beyond its table: whom it names, whom it follows, and how far a claim of its own has come.
struct Coordination {
  /// Whom the view names: the first of the policy's order among the living that may coordinate.
  var named: Named?
  /// The reign that is followed.
  var reign: Reign?
  /// The highest epoch that was ever followed: no older reign is.
  var highestFollowed: UInt64 = 0
  var history: ReignHistory
  /// The latest reign that was followed, where it may be followed again: after a restart, and with a quorum, which never gives its epoch to
  /// anybody else.
  var followedBefore: Reign?

  /// Whether a reign was ever followed under this quorum.
  var knowsReigns: Bool

  /// What this node's seat has promised.
  var vote: Vote
  /// The lease that this node has, or tries to get; nil without a quorum.
  var lease: Lease?
  /// The question which seats there are, and when it is asked again.
  var seatsQuery: (sequence: UInt32, againAt: Instant)?
  /// No attempt to get one before this.
  var nextAttempt = Instant.zero
  /// The version of the view for which the seats are known to be right.
  var seatsLookedAt: UInt64?

  /// Which memory was written down last, and what waits until it is safe.
  var memoryVersion: UInt64 = 0
  var keptVersion: UInt64 = 0
  var grantToRemember: PendingGrant?
  var claimToRemember: ReignClaim?
  var isLeaseToRemember = false

  var openTokens = 0
  var operators = OperatorState()

  /// A reign of our own is over although our record still claims it: what would be published while we are cut off, or held dead, would
  /// bring us back from the dead before our links are proven.
  var isSuspended = false

  /// What was true when this was last brought up to date.
  var settled = Inputs()
  /// The fingerprint of coordination then, and since when it is that.
  var fingerprint: UInt64 = 0
  var unchangedSince = Instant.zero
  /// The view is asked about; nil while it is not.
  var query: CoordinationQuery?
  /// When the timer is set for; nil while it is not.
  var due: Instant?
  /// Until when one that has stood down is still followed; nil while there is none.
  var handoverDue: Instant?
  /// That time is over.
  var isHandoverOver = false
  /// When the named member is to be told that it reigns under an old epoch; nil while it does not.
  var noticeDue: Instant?

  /// - Parameters:
  ///   - memory: from before a restart; nil when there is none.
  ///   - quorum: the fingerprint of the present one.
  init(memory: CoordinationMemory?, quorum: UInt64, abstainsUntil: Instant, wallMilliseconds: UInt64) {
    var memory = memory
    if memory?.quorum != quorum { memory?.seats = nil }
    vote = Vote(memory: memory, abstainsUntil: abstainsUntil)
    knowsReigns = memory.map { $0.quorum == quorum && $0.followedEpoch > 0 } ?? false
    followedBefore = memory?.history.last?.reign
    history = ReignHistory(memory?.history ?? [])
    history.end(for: .other, wallMilliseconds: wallMilliseconds)
    highestFollowed = memory?.followedEpoch ?? 0
  }

  /// A grant that is told when it is safe.
  struct PendingGrant {
    let claimant: NodeID
    var sequence: UInt32
  }

  /// A member and its slot, which somebody else may have when it is forgotten.
  struct Named: Equatable, BitwiseCopyable {
    let id: NodeID
    let index: SlotIndex
  }

  /// Everything that coordination is derived from: while it stays the same there is nothing to do.
  struct Inputs: Equatable {
    var version: UInt64 = 0
    var phase = EnginePhase.idle
    var isIsolated = false
    var isProvingLinks = false
    var isPullingTable = false
    var isHandoverOver = false
    var keepsReignWhileDrained = false
    var operations: UInt64 = 0
  }

  /// One that is named and does not know who has the seats asks so often, and so many.
  static let seatsInterval = Nanoseconds.milliseconds(500)
  static let seatsAskedLimit = 3

  /// One that has stood down is followed for so long while nobody has claimed after it: in a hand-over, and when two reigns meet, whoever
  /// follows sees one change.
  static let handoverTime = Nanoseconds.seconds(2)

  /// A named member that reigns under an epoch that others know to be over hears of it from somebody within this, for each member of the
  /// cluster, so that few tell it at once.
  static let noticeTimePerMember = Nanoseconds.milliseconds(10)
  static let shortestNoticeTime = Nanoseconds.milliseconds(200)
  static let longestNoticeTime = Nanoseconds.seconds(5)
}

/// A view that its node asks others about: the same question to the same few until most of them have confirmed it.
struct CoordinationQuery: BitwiseCopyable {
  /// At most so many are asked.
  static let askedLimit = 8
  /// Then others are asked.
  static let attemptLimit = 4
  static let shortestWait = Nanoseconds.milliseconds(50)
  static let longestWait = Nanoseconds.seconds(1)

  let sequence: UInt32
  private(set) var asked = NodeIDList<RoomForSixteen>()
  private var confirmations: UInt16 = 0
  var attempts = 0
  /// When those who have not confirmed are asked again.
  var againAt = Instant.zero

  init(sequence: UInt32) { self.sequence = sequence }

  var isFull: Bool { asked.count >= Self.askedLimit }

  mutating func add(_ id: NodeID) {
    if !isFull { asked.append(id) }
  }

  /// More than half of those who are asked.
  var majority: Int { asked.count / 2 + 1 }
  var isConfirmed: Bool { confirmations.nonzeroBitCount >= majority }

  func isOpen(_ place: Int) -> Bool { confirmations & (1 << UInt16(place)) == 0 }

  /// Takes a confirmation; false when it was not asked for, or is known.
  mutating func confirm(by id: NodeID) -> Bool {
    guard let place = asked.firstIndex(of: id), isOpen(place) else { return false }
    confirmations |= 1 << UInt16(place)
    return true
  }

  /// How long to wait for answers: doubles with each attempt.
  static func wait(attempt: Int, roundTripTimeout: Nanoseconds) -> Nanoseconds {
    let first = max(shortestWait, 2 * min(roundTripTimeout, longestWait))
    return min(longestWait, first << UInt64(min(max(0, attempt), 8)))
  }
}
