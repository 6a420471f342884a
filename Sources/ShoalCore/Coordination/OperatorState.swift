/// What operators have asked of a node about coordination, and how far it has come.
struct OperatorState {
  /// Until when open fencing tokens keep the reign of a node that is drained; nil while nothing does.
  var drainDue: Instant?
  /// The highest epoch that this node had followed when it abdicated.
  var abdicatedAfter: UInt64 = 0
  /// A new reign is forced, and this node shall claim it, until this; nil while none is.
  var forcedUntil: Instant?
  /// When one was last forced here.
  var lastForcedAt: Instant?
  /// This node asks for a new reign; nil while it does not.
  var election: Election?
  /// Rises with what coordination should look at.
  var version: UInt64 = 0

  /// What a node asks for again and again, until there is a reign above `epoch` or it has asked for long enough.
  struct Election {
    let epoch: UInt64
    let until: Instant
    var againAt: Instant
  }

  /// A forced reign that was not confirmed within this is given up, by whoever asks for it and by whoever should claim.
  static let forceTime = Nanoseconds.seconds(5)
  /// Of two forced reigns the second comes at least so much later: however many ask, epochs do not race.
  static let forceInterval = Nanoseconds.seconds(1)
  /// How often a new reign is asked for.
  static let electionInterval = Nanoseconds.milliseconds(250)
}
