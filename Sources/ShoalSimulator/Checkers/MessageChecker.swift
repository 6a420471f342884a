import ShoalCore

/// What was sent, what arrived, and what was said of it: finds every difference between the three.
///
/// Between two living processes messages of one lane arrive in the order of sending, each once and unchanged; where some are missing,
/// the receiver was told before the next one came. Every message that was accepted gets exactly one outcome, and it is true.
package struct MessageChecker {
  private struct Key: Hashable {
    let sender: NodeID
    let number: UInt64
  }

  private struct Entry {
    /// Contents are compared by it.
    let hash: UInt64
    let receiver: NodeID
    let lane: MessageLane
    var outcome: MessageOutcome?
    var isReceived = false
  }

  private struct Way: Hashable {
    let sender: NodeID
    let receiver: NodeID
    let lane: MessageLane
  }

  private struct Pair: Hashable {
    let observer: NodeID
    let peer: NodeID
  }

  private struct Arrival {
    let number: UInt64
    /// How many ends of the session the receiver had been told of.
    let breaks: Int
  }

  // Looked up; what is iterated is in the order of sending.
  private var entries: [Key: Entry] = [:]
  private var keys: [Key] = []
  private var ways: [Way] = []
  private var sent: [Way: [UInt64]] = [:]
  private var arrivals: [Way: [Arrival]] = [:]
  private var breaks: [Pair: Int] = [:]
  private var generations: [Pair: UInt64] = [:]
  private var excused: Set<Pair> = []
  /// Told an outcome that only the end of a session explains, in this step, before that was told.
  private var unexplained: [Pair] = []

  package init() {}

  package mutating func sent(_ message: Message, from sender: NodeID, to receiver: NodeID, lane: MessageLane) {
    let key = Key(sender: sender, number: message.number)
    entries[key] = Entry(hash: Self.hash(of: message), receiver: receiver, lane: lane)
    keys.append(key)
    let way = Way(sender: sender, receiver: receiver, lane: lane)
    if sent[way] == nil { ways.append(way) }
    sent[way, default: []].append(message.number)
  }

  /// Returns what is wrong with it.
  package mutating func received(_ message: Message, from origin: MessengerEvent.Origin, at receiver: NodeID) -> String?
  {
    let key = Key(sender: origin.peer, number: message.number)
    let name = name(key)
    guard let entry = entries[key] else { return "it got \(name), which was never sent" }
    defer { entries[key]?.isReceived = true }
    let way = Way(sender: origin.peer, receiver: receiver, lane: origin.lane)
    let last = arrivals[way]?.last
    arrivals[way, default: []].append(
      Arrival(number: message.number, breaks: breaks[Pair(observer: receiver, peer: origin.peer)] ?? 0))
    if entry.receiver != receiver { return "it got \(name), which was for another" }
    if entry.hash != Self.hash(of: message) { return "it got \(name) changed" }
    if entry.lane != origin.lane { return "it got \(name) in another lane" }
    if entry.isReceived { return "it got \(name) twice" }
    if entry.outcome == .notDelivered { return "it got \(name), which was reported as not delivered" }
    if let last, last.number >= message.number { return "it got \(name) after \(last.number), which was sent later" }
    return nil
  }

  package mutating func finished(
    _ number: UInt64, from sender: NodeID, to receiver: NodeID, _ outcome: MessageOutcome
  ) -> String? {
    let key = Key(sender: sender, number: number)
    let name = name(key)
    guard let entry = entries[key] else { return "it was told the outcome of \(name), which was never sent" }
    entries[key]?.outcome = outcome
    let pair = Pair(observer: sender, peer: receiver)
    if outcome == .unknown || (outcome == .notDelivered && !excused.contains(pair) && breaks[pair] == nil) {
      unexplained.append(pair)
    }
    if entry.outcome != nil { return "it was told two outcomes of \(name)" }
    if outcome == .delivered, !entry.isReceived { return "it was told that \(name) was delivered, which it was not" }
    if outcome == .notDelivered, entry.isReceived { return "it was told that \(name) was not delivered, which it was" }
    return nil
  }

  package mutating func broken(_ peer: NodeID, generation: UInt64, at observer: NodeID) -> String? {
    let pair = Pair(observer: observer, peer: peer)
    let last = generations.updateValue(generation, forKey: pair)
    breaks[pair, default: 0] += 1
    unexplained.removeAll { $0 == pair }
    guard let last, generation <= last else { return nil }
    return "its session of generation \(generation) ended after that of \(last)"
  }

  package mutating func heldGone(_ peer: NodeID, at observer: NodeID) {
    excused.insert(Pair(observer: observer, peer: peer))
  }

  /// A messenger has told all that it had to tell at one moment.
  package mutating func stepEnded(at observer: NodeID) -> String? {
    guard !unexplained.isEmpty else { return nil }
    defer { unexplained.removeAll() }
    guard let pair = unexplained.first(where: { $0.observer == observer }) else { return nil }
    return "it was told outcomes of a session with \(pair.peer.short), and not that it has ended"
  }

  /// What only shows at the end: messages that were left out, and, of these senders, such as have no outcome.
  package func close(awaitingOutcomesOf senders: Set<NodeID>) -> [(sender: NodeID, sentence: String)] {
    var found: [(sender: NodeID, sentence: String)] = []
    for key in keys where senders.contains(key.sender) && entries[key]?.outcome == nil {
      found.append((key.sender, "it was never told what became of \(name(key))"))
    }
    for way in ways {
      if let number = firstGap(way) {
        found.append(
          (way.receiver, "it never got \(name(Key(sender: way.sender, number: number))), nor was it told of a break"))
      }
    }
    return found
  }

  /// The first message that was left out between two that arrived, with no break between them.
  private func firstGap(_ way: Way) -> UInt64? {
    guard let numbers = sent[way], let received = arrivals[way] else { return nil }
    var position = 0
    var breaksBefore: Int?
    for arrival in received {
      let start = position
      while position < numbers.count, numbers[position] < arrival.number { position += 1 }
      if let breaksBefore, position > start, arrival.breaks == breaksBefore { return numbers[start] }
      position += 1
      breaksBefore = arrival.breaks
    }
    return nil
  }

  private static func hash(of message: Message) -> UInt64 {
    [
      UInt64(message.kind.rawValue), message.correlation.high, message.correlation.low, message.request,
      UInt64(message.timeoutMilliseconds), StableHash.hash(of: message.name),
      StableHash.hash(of: message.context.fields.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")),
    ].reduce(StableHash.hash(of: message.payload), StableHash.combine)
  }

  private func name(_ key: Key) -> String { "message \(key.number) of \(key.sender.short)" }
}
