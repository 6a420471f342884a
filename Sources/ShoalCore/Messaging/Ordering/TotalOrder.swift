/// One node's part in an order of publications that is the same everywhere: a state machine inside the broadcaster.
///
/// **Intuition.** One node says what comes first. While it lives that is all; the work is in the change to the next one, which must not
/// contradict what the last one has said.
///
/// **Mechanism.** The coordinator gives each publication the next number and brings it to everybody. Every member keeps what not all others
/// hold yet. A new coordinator asks all members how far they hold the order, takes what it lacks from the one that holds most of the latest
/// reign's, hands it on under its own epoch and the old numbers, and only then gives new ones.
///
/// **Edge cases.** A member that holds something else than the others, or lacks what nobody keeps any more, has lost its place: it is told
/// so, and goes on from where the order is now. A publication that its publisher hands over again is known by its publisher's number.
///
/// - **Perform**: `publish`, `withdraw`, `subscribe`, `takeNext`. **Receive**: `follow`, `membersKnown`, `memberCame`, `memberGone`,
///   `received`, `arrived`. **Advance** at `nextDeadline`. `takeEffects` after each.
struct TotalOrder {
  let identity: NodeID
  let settings: OrderSettings
  /// Nil in every real node.
  var plantedBug: OrderBug?
  var effects: [OrderEffect] = []

  /// The reign that this node follows; nothing of another one is taken.
  private(set) var followed: OrderReign?
  private var highest: OrderReign?
  /// What this node holds; an empty history says that it has no place in any order.
  var history = OrderHistory()
  var log = OrderLog()
  /// The first number that it has held without a gap until now.
  var begin: UInt64 = 1
  /// Up to here its application has got everything.
  var delivered: UInt64 = 0
  /// Up to here all members hold the order, as far as this one knows.
  var stable: UInt64 = 0
  /// How far the order is known to go.
  var knownTop: UInt64 = 0
  /// Up to here it goes on from the reign before: what this node has published may be among it.
  var inherited: UInt64 = 0
  /// What has come before its turn, by number. Looked up.
  var early: [UInt64: OrderedEntry] = [:]
  var earlyCost = 0
  var submissions: Submissions
  /// The sequencer had no room, or could not be reached: until the next tick it is left alone.
  var isPaused = false
  /// For how many ticks nothing that this node has handed over has got a place.
  var idleTicks = 0
  var isSubscribed = false
  /// What this node does as coordinator; nil while it is none.
  var sequencer: Sequencer?
  /// Whether its reign holds at this moment: one whose lease has run out may not know yet that it is over.
  var mayGivePlaces = true

  /// Members tell how far they hold the order so long after it has grown.
  var heldDelay = OrderSettings.shortestHeldDelay
  var heldDue: Instant?
  var tickDue: Instant?

  init(identity: NodeID, settings: OrderSettings) {
    self.identity = identity
    self.settings = settings
    submissions = Submissions(limit: settings.submissionLimit)
  }

  var nextDeadline: Instant? {
    guard let heldDue, let tickDue else { return heldDue ?? tickDue }
    return min(heldDue, tickDue)
  }

  /// What it holds for others and for its application, in bytes.
  var cost: Int { log.cost + earlyCost + (sequencer?.waitingCost ?? 0) }

  /// Whether it is a member of the order that it follows.
  var isInstalled: Bool { followed != nil && history.last == followed }
  /// Whether it has either no place to lose, or one in the order that it follows.
  var isInPlace: Bool { history.isEmpty || isInstalled }
  var hasRoom: Bool { log.cost <= settings.limit }
  /// Whether it has any use for an order.
  private var isConcerned: Bool { !history.isEmpty || !submissions.isEmpty || isSubscribed }

  // MARK: Following

  /// Another reign is followed, or none.
  mutating func follow(_ reign: OrderReign?, now: Instant) {
    guard reign != followed else { return }
    // Epochs rise; should one come that does not, nobody is followed.
    followed = reign.flatMap { reign in highest.map { reign >= $0 } ?? true ? reign : nil }
    highest = followed ?? highest
    sequencer = followed?.sequencer == identity ? followed.map(Sequencer.init) : nil
    early = [:]
    earlyCost = 0
    knownTop = log.top
    submissions.rewind()
    isPaused = false
    attend()
    arm(now: now)
  }

  mutating func subscribe(_ isSubscribed: Bool, now: Instant) {
    let isNew = isSubscribed && !self.isSubscribed
    self.isSubscribed = isSubscribed
    guard isNew, !isInstalled else { return }
    attend()
    arm(now: now)
  }

  /// Asks the sequencer for its order.
  func attends() -> Bool { followed != nil && isConcerned && !isInstalled }

  mutating func attend() {
    if attends() { tellSequencer(.attend) }
  }

  mutating func tellSequencer(_ message: OrderMessage) {
    guard let followed else { return }
    effects.append(.tell(message, epoch: followed.epoch, to: followed.sequencer))
  }

  mutating func takeEffects() -> [OrderEffect] {
    guard !effects.isEmpty else { return [] }
    defer { effects = [] }
    return effects
  }

  // MARK: Delivering

  /// The next one for the application, and the epoch under which it is handed over; nil while there is none.
  mutating func takeNext() -> (entry: OrderedEntry, reign: OrderReign)? {
    // What a sequencer still collects is handed over under its own epoch.
    guard sequencer?.isFetching != true, let reign = history.last, let entry = log[delivered + 1] else { return nil }
    delivered += 1
    trim()
    return (entry, reign)
  }

  mutating func trim() { log.trim(upTo: min(stable, delivered)) }

  // MARK: Time

  /// Sets the timers that are needed.
  mutating func arm(now: Instant) {
    if tickDue == nil, hasUnfinished { tickDue = now + OrderSettings.tick }
  }

  private var hasUnfinished: Bool {
    guard followed != nil else { return false }
    if attends() || (isInstalled && log.top < knownTop) || !submissions.isEmpty { return true }
    guard let sequencer else { return false }
    switch sequencer.phase {
    case .idle: return false
    case .awaitingMembers, .collecting, .fetching: return true
    case .open:
      return sequencer.stable < log.top || sequencer.stableTold < sequencer.stable || !sequencer.waiting.isEmpty
        || sequencer.hasLeftBehind
    }
  }

  mutating func advance(to now: Instant) {
    if let due = heldDue, due <= now {
      heldDue = nil
      tellHeld()
    }
    if let due = tickDue, due <= now {
      tickDue = nil
      tickMember(now: now)
      tickSequencer(now: now)
    }
    arm(now: now)
  }
}

/// What total order wants done.
enum OrderEffect {
  case tell(OrderMessage, epoch: UInt64, to: NodeID)
  /// Bring a publication with its place to these members.
  case spread(OrderedEntry, epoch: UInt64, stable: UInt64, to: [NodeID])
  /// Say who is a living member; answer with `membersKnown`.
  case askForMembers
  /// This node has lost its place; its application has got everything up to here.
  case broken(epoch: UInt64, number: UInt64)
  case settled(Submissions.Settled)
}

/// The configuration as total order uses it.
struct OrderSettings {
  /// What a node holds, what waits at a sequencer, and what comes early: each at most so much, in bytes, and one publication.
  let limit: Int
  /// What a node has published and no sequencer has placed, in bytes.
  let submissionLimit: Int

  /// What did not come is asked for, and what was not answered is said again, after so long.
  static let tick = Nanoseconds.milliseconds(250)
  /// What was handed over and has no place after so many of these is handed over again.
  static let idleTicks = 20
  static let shortestHeldDelay = Nanoseconds.milliseconds(2)
  static let longestHeldDelay = Nanoseconds.seconds(1)
  /// Members wait for so long times their number, so that a sequencer hears of a thousand at most in a second.
  static let heldDelayPerMember = Nanoseconds.milliseconds(1)
  /// So much is handed on at once to one that lacks it, in bytes, or one publication.
  static let batchBytes = 262_144

  init(_ configuration: MessagingConfiguration) {
    limit = configuration.orderLimit
    submissionLimit = configuration.outboxLimit
  }

  static func heldDelay(members: UInt64) -> Nanoseconds {
    min(longestHeldDelay, max(shortestHeldDelay, min(members, 1_000) * heldDelayPerMember))
  }
}

/// A rule of total order that is broken on purpose, so that tests can see that the checker notices. Real nodes never have one.
package enum OrderBug: Sendable, Hashable, CaseIterable {
  /// A member takes what older reigns have left on the way.
  case takesOldReigns
  /// A member that has lost its place goes on without a word.
  case hidesBrokenOrder
  /// A new sequencer goes on from what it holds itself, whatever others hold.
  case collectsNothing
}
