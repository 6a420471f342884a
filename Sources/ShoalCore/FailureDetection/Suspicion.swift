/// One suspicion as this node holds it: local state, apart from the status that is gossiped.
///
/// ```
/// accuser      ├─ private: probes again and again ──────┤ public ──── jury ┤ dead
///              0                                  W(c) − 1 s           W(c)
/// witnesses                                             ├──────────── jury ┤ dead
/// all others                                            ├──────────────────┼── 1.5 s ── jury ┤ dead
/// ```
///
/// Without a private phase it is public from the start. An ack ends a private suspicion; a public one is refuted by its subject.
struct Suspicion {
  /// What this node is to the suspicion.
  enum Role: BitwiseCopyable, Equatable {
    case accuser
    /// Tried on the accuser's behalf; the rank spreads the last probes of several.
    case witness(rank: Int)
    case bystander
  }

  let subject: NodeID
  let incarnation: UInt64
  let role: Role
  /// When the window began here.
  let startedAt: Instant
  let window: SuspicionWindow
  /// Added to the window: others wait for the accuser, and everybody lets the jury end.
  let patience: Nanoseconds
  /// Who accuses it, who heard nothing either, and how it was tried.
  var evidence: Evidence
  /// Whether the cluster has been told.
  var isPublic: Bool
  /// How far a stall of our own has moved the deadline, at most `toleratedFreeze` in all.
  var shift: Nanoseconds = 0
  /// Nothing is done before; the next look at the subject, or a pause between two tries of the jury.
  var nextLook: Instant
  var lookInterval: Nanoseconds
  /// Last probes that failed without a single nack.
  var inconclusiveTries = 0
  /// The timer that counts; earlier ones find nothing to do.
  var scheduledAt: Instant = .zero
  /// Publication is not tried again before.
  var blockedUntil: Instant = .zero

  init(
    subject: NodeID, incarnation: UInt64, role: Role, window: SuspicionWindow, patience: Nanoseconds = 0,
    evidence: Evidence, isPublic: Bool, firstLook: Nanoseconds, now: Instant
  ) {
    self.subject = subject
    self.incarnation = incarnation
    self.role = role
    self.window = window
    self.patience = patience
    self.evidence = evidence
    self.isPublic = isPublic
    startedAt = now
    nextLook = now + firstLook
    lookInterval = firstLook
  }

  /// How many stand behind it besides its first accuser.
  var confirmations: Int { evidence.witnessList.count }

  /// When it becomes a death, unless it is refuted or cleared.
  var deadline: Instant { startedAt + window.duration(confirmations: confirmations) + patience + shift }

  /// Takes in whoever stands behind another accusation; false when it says nothing new.
  mutating func confirm(by other: Evidence) -> Bool {
    let before = evidence
    evidence.merge(other)
    return evidence != before
  }

  /// Moves the deadline because this node did not run, within what one suspicion may be moved by in all.
  mutating func excuse(_ stall: Nanoseconds, limit: Nanoseconds) {
    shift = min(limit, shift + min(stall, limit))
  }
}

/// The suspicions that run at this node, one for each suspected process at most.
struct SuspicionTable {
  // Looked up, never iterated. Holds places only: a dictionary whose values are changed in place allocates for each change.
  private var places: [NodeID: Int] = [:]
  /// In the order of their beginning; nil where one has ended.
  private var entries: [Suspicion?] = []

  /// Gaps are closed when there are so many more of them than of suspicions.
  private static let sweepLimit = 16

  var count: Int { places.count }

  /// Who is suspected, in the order of the beginning.
  var subjects: [NodeID] { entries.compactMap { $0?.subject } }

  subscript(subject: NodeID) -> Suspicion? {
    get { places[subject].flatMap { entries[$0] } }
    set {
      switch (places[subject], newValue) {
      case (let place?, let suspicion?): entries[place] = suspicion
      case (nil, let suspicion?):
        places[subject] = entries.count
        entries.append(suspicion)
      case (let place?, nil):
        places[subject] = nil
        entries[place] = nil
        if entries.count > 2 * places.count + Self.sweepLimit { sweep() }
      case (nil, nil): break
      }
    }
  }

  /// Closes the gaps: a step for each entry, once for each suspicion that has ended.
  private mutating func sweep() {
    var next = 0
    for place in entries.indices {
      guard let suspicion = entries[place] else { continue }
      entries.swapAt(next, place)
      places[suspicion.subject] = next
      next += 1
    }
    entries.removeLast(entries.count - next)
  }

  mutating func removeAll() {
    places.removeAll()
    entries.removeAll()
  }
}
