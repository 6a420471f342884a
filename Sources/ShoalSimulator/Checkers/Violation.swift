/// A broken invariant: which one, when, at whom, and what was seen.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
  public let invariant: Invariant
  /// Virtual time since the world began.
  public let time: Duration
  /// The node that saw or did it.
  public let observer: String
  /// Whom it is about; nil when it is about the observer or the whole world.
  public let subject: String?
  /// What was seen, as a sentence.
  public let finding: String

  public var description: String {
    let about = subject.map { " about \($0)" } ?? ""
    return "[\(invariant.rawValue) \(invariant)] \(Clock.text(time)) \(observer)\(about): \(finding)"
  }
}

/// What must hold, by number.
public enum Invariant: Int, Sendable, Hashable, CaseIterable {
  /// A member's incarnation never decreases at any observer while the record lives.
  case incarnationNeverDecreases = 1
  /// Only the owner raises its incarnation.
  case onlyTheOwnerRaises = 2
  /// Dead or left becomes alive only at a higher incarnation; left never does.
  case noResurrection = 3
  /// Only legal transitions.
  case legalTransitions = 4
  /// The same process and incarnation mean the same record everywhere.
  case oneRecordPerIncarnation = 5
  /// A running node never holds itself dead or left.
  case selfIsAlive = 6
  /// One living process for each name once all is healed: a restart replaces its predecessor.
  case restartReplaces = 7
  /// A view holds only processes that were admitted.
  case onlyAdmitted = 8
  /// Events are exactly the differences between successive views.
  case eventsAreDifferences = 9
  /// Memory, queues, tombstones, timers and streams stay within their bounds.
  case withinBounds = 10
  /// Packets stay within budget; a stranger gets no more bytes than it sent.
  case withinBudget = 11
  /// Forged, replayed, foreign, truncated or corrupted packets change nothing but a counter.
  case tamperingChangesNothing = 12
  /// Equal views name the same coordinator: the policy's choice among the living that may coordinate.
  case coordinatorFollowsFromView = 13
  /// Whom a node follows has a higher epoch than all whom it followed before; with a quorum nobody ever shares an epoch.
  case epochsRise = 14
  /// With a quorum nobody coordinates without a majority of the seats, and so never two at once.
  case minorityNeverCoordinates = 15
  /// Between two living processes messages arrive in order, each once and unchanged; breaks are reported, and so is truly what became of
  /// each message.
  case messagesArrive = 16
  /// No nonce repeats under one key.
  case noNonceRepeats = 17
  /// The same seed gives the same bytes.
  case determinism = 18
  /// What a campaign ordered really happened.
  case notVacuous = 19
  /// Every crashed member is dead at every living one.
  case completeness = 20
  /// Healthy members are not declared dead.
  case accuracy = 21
  /// One view everywhere.
  case convergence = 22
  /// A refutation beats its suspicion: once all is healed nobody stays suspect.
  case refutationWins = 23
  /// Once all is healed exactly one member coordinates, and everybody follows it.
  case oneCoordinator = 24
  /// A leave never looks like a failure.
  case leaveIsNoFailure = 25
  /// Every join ends, in a member or in an error.
  case joinsEnd = 26
  /// A stopped node holds no timer, stream or connection.
  case shutdownFreesAll = 27
  /// Every member comes to hold every living member's latest metadata.
  case metadataArrives = 28
  /// Publications arrive in the order of their topic, each once and unchanged; what is missing is told, and so is truly who has them.
  case publicationsArrive = 29
  /// Totally ordered publications have one place each, the same at every member that has not lost its own; who has is told so.
  case totalOrder = 30
}
