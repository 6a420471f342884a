/// One suspicion as this node holds it: local state, apart from the status that is gossiped.
struct Suspicion {
  let subject: NodeID
  let incarnation: UInt64
  let startedAt: Instant
  let minimum: Nanoseconds
  let maximum: Nanoseconds
  /// How many independent accusers beyond the first bring the window to its minimum.
  let expectedConfirmations: Int
  /// The first accuser, then those who confirmed; `expectedConfirmations + 1` at most.
  private(set) var accusers: [NodeID]

  init(
    subject: NodeID, incarnation: UInt64, evidence: Evidence, minimum: Nanoseconds, maximum: Nanoseconds,
    expectedConfirmations: Int, now: Instant
  ) {
    self.subject = subject
    self.incarnation = incarnation
    self.minimum = minimum
    self.maximum = maximum
    self.expectedConfirmations = expectedConfirmations
    startedAt = now
    accusers = [evidence.accuser]
    for witness in evidence.witnesses { add(witness) }
  }

  /// Takes in whoever stands behind an accusation: its accuser, and the witnesses that tried and heard nothing either.
  /// False when that says nothing new: all known already, or enough have spoken.
  mutating func confirm(by evidence: Evidence) -> Bool {
    let before = accusers.count
    add(evidence.accuser)
    for witness in evidence.witnesses { add(witness) }
    return accusers.count > before
  }

  private mutating func add(_ accuser: NodeID) {
    guard accusers.count <= expectedConfirmations, !accusers.contains(accuser) else { return }
    accusers.append(accuser)
  }

  var deadline: Instant {
    startedAt
      + SuspicionWindow.duration(
        confirmations: accusers.count - 1, expected: expectedConfirmations, minimum: minimum, maximum: maximum)
  }
}

/// The suspicions that run at this node, one for each suspected process at most.
struct SuspicionTable {
  // Looked up, never iterated.
  private var bySubject: [NodeID: Suspicion] = [:]

  var count: Int { bySubject.count }

  subscript(subject: NodeID) -> Suspicion? {
    get { bySubject[subject] }
    set { bySubject[subject] = newValue }
  }
}
