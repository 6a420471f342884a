/// One node's part in bringing publications to all members, and its order of what others have published: a state machine beside the
/// messenger, which carries its messages.
///
/// ```
/// publisher ── up to fan-out members directly, or ──▶ relay ──▶ its arc of the ring
///           ◀── acknowledged by sessions ──────────── relay ◀── what became of its arc: reports
/// ```
/// - **Who gets it** is the publisher's view, and nobody else's: each envelope names whom its receiver hands on to.
/// - **Reliably**: whom a relay cannot reach, or leaves unreported when it dies or falls silent, is served another way, in the end by the
///   publisher itself, for as long as its view holds the member living. What comes twice is taken once, by number.
/// - **In order**: each publisher numbers its publications; a receiver puts them in order, whatever path each has taken. It is told the
///   first number that it gets, and asks when one fails to come; what it missed while it was held gone is told as missed.
///
/// - **Perform**: `publish`, `subscribe`, `handled`. **Receive**: `received`, `finished`, `refused`, `peerGone`, `peerForgotten`,
///   `peerCame`. **Advance** at `nextDeadline`.
package struct Broadcaster: ~Copyable {
  let identity: NodeID
  let settings: BroadcastSettings
  package internal(set) var counters = BroadcastCounters()
  /// Nil in every real node.
  package var plantedBug: BroadcastBug?
  /// The same.
  package var plantedOrderBug: OrderBug? {
    get { order.plantedBug }
    set { order.plantedBug = newValue }
  }

  /// Numbers of this node's publications, from 1.
  var nextPublication: UInt64 = 1
  /// Messages of the broadcaster have odd numbers, those of applications even ones.
  private var nextMessage: UInt64 = 1

  /// By their age.
  var spreads: [UInt64: Spread] = [:]
  private var nextSpread: UInt64 = 1
  // Looked up, never iterated.
  var spreadOf: [Publication.Key: UInt64] = [:]
  /// This node's own, by the number among the application's messages.
  private var spreadOfMessage: [UInt64: UInt64] = [:]
  /// By the broadcaster's message that is on its way to a child.
  var spreadOfBranch: [UInt64: UInt64] = [:]
  /// Branches that wait for room in the messenger, of each peer.
  var blocked: [NodeID: [UInt64]] = [:]
  /// Payload bytes of what is handed on for others.
  var relayedBytes = 0
  /// The first publication that each member gets, from when it came to this node's view.
  var firstOf: [NodeID: UInt64] = [:]

  var series: [NodeID: Series] = [:]
  /// Publishers that are no members any more, and of whom it is kept what was taken.
  var forgotten: Set<NodeID> = []
  var forgottenInOrder = Fifo<NodeID>()
  var causal: [Topic: CausalOrder] = [:]
  var timers = TimerTable<BroadcastTimer>()
  var isAskingForGaps = false
  /// Answers to questions that are on their way, by asker: one each, so that who asks and does not read costs no more.
  var answering: [NodeID: UInt64] = [:]
  /// How often publishers could not be asked whom this node has not heard of yet.
  var unknown: [NodeID: Int] = [:]
  /// What waits for others to come first, in bytes.
  package internal(set) var waitingCost = 0
  /// What was handed over after it had waited, and is not handled yet: beyond the limit, what comes next is left as it is.
  package internal(set) var unhandledCost = 0
  var deferred = Fifo<Arrival>()

  var order: TotalOrder
  /// What this node brings to others as sequencer is numbered beside its own, so that these have no holes.
  var nextOrdered: UInt64 = 1 << 63
  /// What was said about the order and is on its way: how much to each peer, and the numbers of the messages. Looked up.
  var orderUnread: [NodeID: Int] = [:]
  var orderMessages: Set<UInt64> = []

  package init(identity: NodeID, configuration: MessagingConfiguration) {
    self.identity = identity
    settings = BroadcastSettings(configuration)
    order = TotalOrder(identity: identity, settings: OrderSettings(configuration))
  }

  /// When `advance(to:)` is due; nil while nothing is waited for.
  package var nextDeadline: Instant? {
    guard let first = timers.nextDeadline, let second = order.nextDeadline else {
      return timers.nextDeadline ?? order.nextDeadline
    }
    return min(first, second)
  }
  /// The number of the next publication of this node's, totally ordered topics apart.
  package var nextNumber: UInt64 { nextPublication }
  /// How many publications are on their way through this node: none is forgotten.
  package var spreadCount: Int { spreads.count }
  mutating func takeMessageNumber() -> UInt64 {
    defer { nextMessage += 2 }
    return nextMessage
  }

  // MARK: Perform

  /// Brings bytes to members.
  ///
  /// - Parameters:
  ///   - message: its number among the application's messages.
  ///   - members: whom, without this node, by NodeID.
  package mutating func publish(
    _ payload: [UInt8], message: UInt64, to topic: Topic, name: String = "", correlation: CorrelationID,
    context: MessageContext = MessageContext(), members: [NodeID], now: Instant, into outbox: inout BroadcastOutbox
  ) {
    counters.published += 1
    if topic.order == .total {
      publishOrdered(
        payload, message: message, to: topic, correlation: correlation, context: context, members: members, now: now,
        into: &outbox)
      return
    }
    let number = nextPublication
    nextPublication += 1
    let publication = Publication(
      key: .init(publisher: identity, number: number), message: message, correlation: correlation, topic: topic,
      name: name, context: context,
      dependencies: topic.order == .causal ? causal[topic]?.dependencies ?? [] : [], payload: payload)
    let targets = ring(of: members).map { id in
      let first = firstOf[id] ?? number
      firstOf[id] = first
      return SpreadTarget(id: id, first: first)
    }
    let id = begin(Spread(publication, parent: nil))
    serve(targets, in: id, now: now, into: &outbox)
    settleIfDone(id, into: &outbox)
  }

  /// Members from behind this node on, so that not all publishers burden the same relays.
  func ring(of members: [NodeID]) -> ArraySlice<NodeID> {
    let start = members.firstIndex { $0 > identity } ?? 0
    return members[start...] + members[..<start]
  }

  /// What has become of one of this node's publications so far; nil when it has settled, or never was.
  package func progress(ofMessage message: UInt64) -> BroadcastProgress? {
    if let recipients = order.submissions.recipients(ofMessage: message) {
      return BroadcastProgress(pending: recipients)
    }
    guard let spread = spreadOfMessage[message].flatMap({ spreads[$0] }) else { return nil }
    return BroadcastProgress(acknowledged: spread.acknowledged, failed: spread.failed, pending: spread.pending)
  }

  /// Whose order is kept: those causal topics that the application subscribes to, and total order when it subscribes to a topic of that.
  package mutating func subscribe(to topics: Set<Topic>, now: Instant, into outbox: inout BroadcastOutbox) {
    order.subscribe(topics.contains { $0.order == .total }, now: now)
    carryOutOrder(now: now, into: &outbox)
    for (topic, order) in causal where !topics.contains(topic) {
      waitingCost -= order.cost
      causal[topic] = nil
    }
    for topic in topics where topic.order == .causal && causal[topic] == nil { causal[topic] = CausalOrder() }
  }

  /// The node has stopped: nothing of its own comes to an end any more.
  package mutating func stop() {
    spreads = [:]
    spreadOf = [:]
    spreadOfMessage = [:]
    spreadOfBranch = [:]
    blocked = [:]
    timers.removeAll()
    order = TotalOrder(identity: identity, settings: order.settings)
  }

  mutating func begin(_ spread: Spread) -> UInt64 {
    let id = nextSpread
    nextSpread += 1
    spreads[id] = spread
    spreadOf[spread.publication.key] = id
    if spread.isOwn {
      if spread.isOrdered { return id }
      spreadOfMessage[spread.publication.message] = id
    } else {
      relayedBytes += spread.publication.payload.count
    }
    return id
  }

  mutating func end(_ id: UInt64) {
    guard let spread = spreads.removeValue(forKey: id) else { return }
    spreadOf[spread.publication.key] = nil
    if spread.isOwn {
      if spread.isOrdered { return }
      spreadOfMessage[spread.publication.message] = nil
    } else {
      relayedBytes -= spread.publication.payload.count
    }
  }
}

enum BroadcastTimer: UInt8, BitwiseCopyable {
  /// A child may have been silent for too long.
  case patience
  /// The parent is to be told what is known.
  case report
  /// What comes early still waits for what does not come.
  case gaps
}

/// The configuration as the broadcaster uses it.
struct BroadcastSettings {
  let fanOut: Int
  let patience: Nanoseconds
  let waitingLimit: Int
  let relayLimit: Int

  /// A relay gathers for so long what became of its arc.
  static let reportDelay = Nanoseconds.milliseconds(100)
  /// After so long a publisher is asked for what does not come; and again after the second span.
  static let firstGapDelay = Nanoseconds.milliseconds(250)
  static let gapDelay = Nanoseconds.milliseconds(1_000)
  /// Of so many publishers that were forgotten it is kept what was taken.
  static let forgottenLimit = 4_096
  /// At most so many publishers are asked at once.
  static let askedLimit = 64
  /// So many publishers are told apart.
  static let publisherLimit = 1 << 20
  /// So much that is said about the order, and said again where it must, is on its way to one peer: one that does not read costs no more.
  static let orderUnreadLimit = 64
  /// A publisher that is no member, and never was, is awaited for so many rounds.
  static let unknownLimit = 8

  init(_ configuration: MessagingConfiguration) {
    fanOut = configuration.broadcastFanOut
    patience = Nanoseconds(configuration.relayPatience)
    waitingLimit = configuration.reorderLimit
    relayLimit = configuration.outboxLimitInAll
  }
}
