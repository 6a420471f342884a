/// What this node has published to totally ordered topics and does not know the outcome of.
///
/// ```
/// waiting ── handed over to the sequencer, again to the next one ──▶ placed ── all hold it ──▶ settled
/// ```
/// Numbers rise by one, and the sequencer takes them in their order, each once; so whatever was repeated is known by its number.
struct Submissions {
  private struct Item {
    let entry: OrderedEntry
    let recipients: [NodeID]
  }

  private struct Placed {
    let number: UInt64
    let message: UInt64
    let payloadBytes: Int
    let recipients: [NodeID]
  }

  /// What was settled, and how.
  struct Settled {
    let message: UInt64
    let payloadBytes: Int
    let progress: BroadcastProgress
  }

  /// So much may be at the sequencer without a place, in bytes, or one publication.
  static let window = 262_144

  private let limit: Int
  /// By number. Looked up; walked by number.
  private var waiting: [UInt64: Item] = [:]
  private var waitingCost = 0
  /// The lowest number that may wait, the next to hand over, and the next to give.
  private var first: UInt64 = 1
  private var cursor: UInt64 = 1
  private var next: UInt64 = 1
  /// All below were handed over at some time, and may have got a place.
  private var handedOver: UInt64 = 1
  /// The last one that was handed over to this sequencer; 0 for none.
  private var previous: UInt64 = 0
  private var inFlight = 0
  private var placed = Fifo<Placed>()
  private var recipients: [UInt64: [NodeID]] = [:]
  private var numberOfMessage: [UInt64: UInt64] = [:]

  init(limit: Int) { self.limit = limit }

  var isEmpty: Bool { recipients.isEmpty }
  var isWaiting: Bool { !waiting.isEmpty }
  /// Whether something could be handed over, but for the room at the sequencer.
  var hasUnsent: Bool { cursor < next }
  /// The first that has a place, and no outcome yet.
  var firstPlaced: UInt64? { placed.first?.number }

  /// - Returns: its number; nil when too much waits already.
  mutating func add(
    message: UInt64, to topic: Topic, by publisher: NodeID, correlation: CorrelationID, context: MessageContext,
    payload: [UInt8], recipients: [NodeID]
  ) -> UInt64? {
    let entry = OrderedEntry(
      publisher: publisher, publisherNumber: next, message: message, correlation: correlation, topicName: topic.name,
      context: context, payload: payload)
    guard waitingCost == 0 || waitingCost + entry.cost <= limit else { return nil }
    waiting[next] = Item(entry: entry, recipients: recipients)
    waitingCost += entry.cost
    self.recipients[message] = recipients
    numberOfMessage[message] = next
    next += 1
    return entry.publisherNumber
  }

  /// The next to hand over, and the number of the one before; nil when there is none, or enough is on its way.
  mutating func takeNext() -> (entry: OrderedEntry, previous: UInt64)? {
    while cursor < next {
      guard let entry = waiting[cursor]?.entry else {
        cursor += 1
        continue
      }
      guard inFlight == 0 || inFlight + entry.cost <= Self.window else { return nil }
      defer { previous = entry.publisherNumber }
      inFlight += entry.cost
      cursor += 1
      handedOver = max(handedOver, cursor)
      return (entry, previous)
    }
    return nil
  }

  /// All that have no place are to be handed over again.
  mutating func rewind() {
    cursor = first
    previous = 0
    inFlight = 0
  }

  /// One of them has got its place. What came before it and has none never gets one.
  mutating func place(_ publisherNumber: UInt64, at number: UInt64, into settled: inout [Settled]) {
    while first < min(publisherNumber, next) { settle(first, .orderBroken, into: &settled) }
    guard first == publisherNumber, let item = remove(first) else { return }
    placed.append(
      Placed(
        number: number, message: item.entry.message, payloadBytes: item.entry.payload.count,
        recipients: item.recipients))
  }

  private mutating func remove(_ number: UInt64) -> Item? {
    defer {
      if number == first { first += 1 }
      cursor = max(cursor, first)
    }
    guard let item = waiting.removeValue(forKey: number) else { return nil }
    waitingCost -= item.entry.cost
    if number < cursor { inFlight = max(0, inFlight - item.entry.cost) }
    numberOfMessage[item.entry.message] = nil
    return item
  }

  private mutating func settle(_ number: UInt64, _ failure: BroadcastFailure, into settled: inout [Settled]) {
    guard let item = remove(number) else { return }
    recipients[item.entry.message] = nil
    settled.append(
      Settled(
        message: item.entry.message, payloadBytes: item.entry.payload.count,
        progress: BroadcastProgress(failed: item.recipients.map { ($0, failure) })))
  }

  /// All up to a number have their outcome.
  mutating func settle(upTo number: UInt64, holders: [OrderHolder], into settled: inout [Settled]) {
    guard let first = placed.first, first.number <= number else { return }
    let begins = Dictionary(holders.map { ($0.id, $0.begin) }) { first, _ in first }
    while let one = placed.first, one.number <= number {
      _ = placed.popFirst()
      var progress = BroadcastProgress()
      for id in one.recipients {
        if let begin = begins[id], begin <= one.number {
          progress.acknowledged.append(id)
        } else {
          progress.failed.append((id, .gone))
        }
      }
      recipients[one.message] = nil
      settled.append(Settled(message: one.message, payloadBytes: one.payloadBytes, progress: progress))
    }
  }

  /// This node has lost its place: what became of all that it had handed over stays unknown.
  mutating func breakOff(into settled: inout [Settled]) {
    while let one = placed.popFirst() {
      recipients[one.message] = nil
      settled.append(
        Settled(
          message: one.message, payloadBytes: one.payloadBytes,
          progress: BroadcastProgress(failed: one.recipients.map { ($0, .orderBroken) })))
    }
    while first < handedOver { settle(first, .orderBroken, into: &settled) }
    rewind()
  }

  /// Takes one back that no sequencer was ever given; false when that is not so.
  mutating func withdraw(message: UInt64, into settled: inout [Settled]) -> Bool {
    guard let number = numberOfMessage[message], number >= handedOver else { return false }
    settle(number, .noSequencer, into: &settled)
    return true
  }

  /// For whom one is whose outcome is not known yet.
  func recipients(ofMessage message: UInt64) -> [NodeID]? { recipients[message] }
}
