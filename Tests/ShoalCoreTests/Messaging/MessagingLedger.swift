import ShoalCore

/// What was sent, what arrived, and what was said of it: finds every difference between the three.
struct MessagingLedger {
  struct Entry {
    let message: Message
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

  private struct Arrival {
    let number: UInt64
    /// How many ends of the session the receiver had been told of.
    let breaks: Int
  }

  private struct Key: Hashable {
    let sender: NodeID
    let number: UInt64
  }

  private struct Pair: Hashable {
    let observer: NodeID
    let peer: NodeID
  }

  private(set) var findings: [String] = []
  private(set) var outcomes: [MessageOutcome: Int] = [:]
  private(set) var receivedCount = 0
  private(set) var breakCount = 0
  private var entries: [Key: Entry] = [:]
  private var sentInOrder: [Way: [UInt64]] = [:]
  private var arrivals: [Way: [Arrival]] = [:]
  private var breaks: [Pair: Int] = [:]
  private var generations: [Pair: UInt64] = [:]
  /// Whom somebody has held gone, or whose session it was told is over.
  private var excused: Set<Pair> = []
  /// Of whom an unknown outcome was told in this step, before the end of the session was.
  private var unexplained: Set<Pair> = []
  private var ended: Set<NodeID> = []

  private mutating func find(_ sentence: String) { if findings.count < 16 { findings.append(sentence) } }

  mutating func sent(_ message: Message, from sender: NodeID, to receiver: NodeID, lane: MessageLane) {
    entries[Key(sender: sender, number: message.number)] = Entry(message: message, receiver: receiver, lane: lane)
    sentInOrder[Way(sender: sender, receiver: receiver, lane: lane), default: []].append(message.number)
  }

  mutating func received(_ message: Message, from origin: MessengerEvent.Origin, at receiver: NodeID) {
    receivedCount += 1
    let key = Key(sender: origin.peer, number: message.number)
    let name = "message \(message.number) of \(origin.peer.short)"
    guard let entry = entries[key] else { return find("\(name) was never sent") }
    if entry.receiver != receiver { find("\(name) reached another than it was sent to") }
    if entry.message != message { find("\(name) was changed") }
    if entry.lane != origin.lane { find("\(name) came in another lane") }
    if entry.isReceived { find("\(name) came twice") }
    if entry.outcome == .notDelivered { find("\(name) came after it was reported as not delivered") }
    entries[key]?.isReceived = true
    let way = Way(sender: origin.peer, receiver: receiver, lane: origin.lane)
    if let last = arrivals[way]?.last, last.number >= message.number {
      find("\(name) came after \(last.number), which was sent later")
    }
    arrivals[way, default: []].append(
      Arrival(number: message.number, breaks: breaks[Pair(observer: receiver, peer: origin.peer)] ?? 0))
  }

  mutating func finished(_ number: UInt64, from sender: NodeID, to receiver: NodeID, _ outcome: MessageOutcome) {
    let key = Key(sender: sender, number: number)
    let name = "message \(number) of \(sender.short)"
    outcomes[outcome, default: 0] += 1
    guard let entry = entries[key] else { return find("\(name) has an outcome and was never sent") }
    if entry.outcome != nil { find("\(name) has two outcomes") }
    if outcome == .delivered, !entry.isReceived { find("\(name) was reported as delivered and was not") }
    if outcome == .notDelivered, entry.isReceived { find("\(name) was reported as not delivered and was") }
    let pair = Pair(observer: sender, peer: receiver)
    if outcome == .notDelivered, !excused.contains(pair), breaks[pair] == nil { unexplained.insert(pair) }
    if outcome == .unknown { unexplained.insert(pair) }
    entries[key]?.outcome = outcome
  }

  mutating func broken(_ peer: NodeID, generation: UInt64, at observer: NodeID) {
    breakCount += 1
    let pair = Pair(observer: observer, peer: peer)
    if let last = generations[pair], generation <= last { find("generation \(generation) ended after \(last)") }
    generations[pair] = generation
    breaks[pair, default: 0] += 1
    unexplained.remove(pair)
  }

  mutating func heldGone(_ peer: NodeID, at observer: NodeID) {
    excused.insert(Pair(observer: observer, peer: peer))
  }

  mutating func processEnded(_ node: NodeID) { ended.insert(node) }

  /// A messenger has told all it had to tell at one moment.
  mutating func stepEnded(at observer: NodeID) {
    for pair in unexplained where pair.observer == observer {
      find("\(observer.short) was told outcomes of a session with \(pair.peer.short), and not that it has ended")
    }
    unexplained.removeAll()
  }

  /// What only shows when everything has come to rest.
  mutating func close() {
    for (key, entry) in entries where !ended.contains(key.sender) && entry.outcome == nil {
      find("message \(key.number) of \(key.sender.short) has no outcome")
    }
    for (way, numbers) in sentInOrder { findGaps(way, numbers) }
  }

  private mutating func findGaps(_ way: Way, _ numbers: [UInt64]) {
    guard let received = arrivals[way] else { return }
    var position = 0
    var breaksBefore: Int?
    for arrival in received {
      let start = position
      while position < numbers.count, numbers[position] < arrival.number { position += 1 }
      if let breaksBefore, position > start, arrival.breaks == breaksBefore {
        find("message \(numbers[start]) of \(way.sender.short) is missing, and no end of the session was told")
      }
      position += 1
      breaksBefore = arrival.breaks
    }
  }

  func outcome(of number: UInt64, from sender: NodeID) -> MessageOutcome? {
    entries[Key(sender: sender, number: number)]?.outcome
  }
}
