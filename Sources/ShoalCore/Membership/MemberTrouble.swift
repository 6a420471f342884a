/// What is kept of a member beyond its record and status, and only while it is accused, dead or left.
struct MemberTrouble {
  /// The incarnation that the status speaks of: above the record's while an accusation has overtaken it.
  var incarnation: UInt64
  var evidence: Evidence?
  var leaveReason: LeaveReason?
  /// When the latest suspicion began here, wall milliseconds; 0 while there was none.
  var suspectedAt: UInt64 = 0
  /// Whether this node's own suspicion ran out.
  var decidedHere = false
  /// When it was declared dead or left; meaningful only then.
  var buriedAt: Instant = .zero
}
