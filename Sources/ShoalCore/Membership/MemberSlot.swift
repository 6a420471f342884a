/// One place of the member table: a record, what is held of it, and how that came about.
struct MemberSlot {
  /// The latest record that its owner wrote and that has been seen here.
  var record: Record
  /// The incarnation that the status speaks of: above the record's while an accusation has overtaken it.
  var incarnation: UInt64
  var status: MemberStatus
  var leaveReason: LeaveReason?
  var evidence: Evidence?
  /// Since when the status holds here, wall milliseconds.
  var statusSince: UInt64
  /// When the latest suspicion began here, wall milliseconds; 0 while there was none.
  var suspectedAt: UInt64 = 0
  /// Whether this node's own suspicion ran out.
  var decidedHere = false
  /// When it was declared dead or left; meaningful only then.
  var buriedAt: Instant = .zero
  /// Its place in the dense array of living slots; -1 when not living.
  var livingPosition: Int32 = -1
  /// Raised whenever fresh news about it is queued, so that older queue entries fall away.
  var newsToken: UInt32 = 0

  var precedence: Precedence { Precedence(status: status, incarnation: incarnation) }
  var member: Member { Member(record, incarnation: incarnation, status: status, leaveReason: leaveReason) }

  /// The news about this member in its present state.
  var update: Update {
    let claim = Update.Claim(id: record.id, incarnation: incarnation)
    switch status {
    case .alive: return .alive(record)
    case .suspect: return .suspect(claim, evidence ?? Evidence(accuser: record.id, paths: []))
    case .dead: return .dead(claim, evidence ?? Evidence(accuser: record.id, paths: []))
    case .left: return .left(claim, leaveReason ?? .left)
    }
  }
}

/// A stable index into the member table.
struct SlotIndex: Hashable, Sendable, BitwiseCopyable {
  var raw: Int32
  init(_ raw: Int32) { self.raw = raw }
  init(_ raw: Int) { self.raw = Int32(raw) }
}
