import ShoalCore

/// What was published, who got it in which order, and what publishers were told: finds every difference.
///
/// Publications of one publisher arrive in its order, each once and unchanged, and what is missing is told; in causal topics none arrives
/// before another that its publisher had got before. Every publication gets one account of everybody it was for, and it is true.
package struct BroadcastChecker {
  private struct Entry {
    var account: PublicationAccount
    /// The last of each other that its publisher had got in its topic.
    let causes: [NodeID: UInt64]
  }

  /// What one observer has got of one publisher, in any topic.
  private struct Received {
    var numbers: Set<UInt64> = []
    var lowest: UInt64 = .max
    var highest: UInt64 = 0
    var missed: UInt64 = 0
  }

  private struct Pair: Hashable {
    let observer: NodeID
    let publisher: NodeID
  }

  private struct Place: Hashable {
    let observer: NodeID
    let publisher: NodeID
    let topic: Topic
  }

  // Looked up; what is iterated is in the order of publishing.
  private var entries: [Publication.Key: Entry] = [:]
  private var keys: [Publication.Key] = []
  private var keyOfMessage: [NodeID: [UInt64: Publication.Key]] = [:]
  private var received: [Pair: Received] = [:]
  private var pairs: [Pair] = []
  private var last: [Place: UInt64] = [:]
  private var publishers: [Topic: [NodeID]] = [:]
  /// Who has held whom gone, and so may have passed over what came meanwhile.
  private var excused: Set<Pair> = []
  /// Numbers up to here must not come any more: something that depends on them has come.
  private var tooLate: [Place: UInt64] = [:]

  package init() {}

  package mutating func published(
    _ payload: [UInt8], message: UInt64, number: UInt64, to topic: Topic, members: [NodeID], by publisher: NodeID
  ) {
    let key = Publication.Key(publisher: publisher, number: number)
    var causes: [NodeID: UInt64] = [:]
    for other in publishers[topic] ?? [] where topic.order == .causal && other != publisher {
      causes[other] = last[Place(observer: publisher, publisher: other, topic: topic)]
    }
    if publishers[topic]?.contains(publisher) != true { publishers[topic, default: []].append(publisher) }
    entries[key] = Entry(account: PublicationAccount(payload, to: topic, members: members), causes: causes)
    keys.append(key)
    keyOfMessage[publisher, default: [:]][message] = key
  }

  /// Returns what is wrong with it.
  package mutating func received(_ publication: Publication, missed: UInt64, at observer: NodeID) -> String? {
    let key = publication.key
    let name = name(key)
    guard let entry = entries[key] else { return "it got \(name), which was never published" }
    let place = Place(observer: observer, publisher: key.publisher, topic: entry.account.topic)
    let before = last[place]
    last[place] = max(before ?? 0, key.number)
    let isNew = note(key, missed: missed, at: observer)
    if !entry.account.members.contains(observer) { return "it got \(name), which was not for it" }
    if let difference = entry.account.difference(from: publication) { return "it got \(name) \(difference)" }
    if !isNew { return "it got \(name) twice" }
    if let before, before > key.number { return "it got \(name) after \(before) of the same topic" }
    if let limit = tooLate[place], limit >= key.number { return "it got \(name) after one that depends on it" }
    for other in publishers[place.topic] ?? [] {
      guard let number = entry.causes[other], other != observer else { continue }
      let cause = Place(observer: observer, publisher: other, topic: place.topic)
      if last[cause] ?? 0 < number { tooLate[cause] = max(tooLate[cause] ?? 0, number) }
    }
    return nil
  }

  private mutating func note(_ key: Publication.Key, missed: UInt64, at observer: NodeID) -> Bool {
    let pair = Pair(observer: observer, publisher: key.publisher)
    if received[pair] == nil { pairs.append(pair) }
    var seen = received[pair] ?? Received()
    // Taken out, so that it is not copied.
    received[pair] = nil
    defer { received[pair] = seen }
    // Before the first one nothing is missed.
    if !seen.numbers.isEmpty { seen.missed += missed }
    seen.lowest = min(seen.lowest, key.number)
    seen.highest = max(seen.highest, key.number)
    return seen.numbers.insert(key.number).inserted
  }

  package mutating func heldGone(_ publisher: NodeID, at observer: NodeID) {
    excused.insert(Pair(observer: observer, publisher: publisher))
  }

  package mutating func settled(_ message: UInt64, _ progress: BroadcastProgress, at publisher: NodeID) -> String? {
    guard let key = keyOfMessage[publisher]?[message] else {
      return "it was told what became of message \(message), which it has not published"
    }
    let name = name(key)
    return entries[key]?.account.settle(progress, name: name)
  }

  /// What only shows at the end: publications of running publishers without an account, false accounts, and gaps that nobody was told of.
  package func close(running: Set<NodeID>) -> [(node: NodeID, sentence: String)] {
    var found: [(node: NodeID, sentence: String)] = []
    for key in keys where running.contains(key.publisher) {
      let sentences = entries[key]?.account.close(name: name(key)) { member in
        running.contains(member) && !hasTakenIn(key, at: member)
      }
      found += (sentences ?? []).map { (key.publisher, $0) }
    }
    for pair in pairs where running.contains(pair.observer) && running.contains(pair.publisher) {
      guard let received = received[pair] else { continue }
      let gaps = received.highest - received.lowest + 1 - UInt64(received.numbers.count)
      if gaps > received.missed {
        found.append(
          (
            pair.observer,
            "\(gaps) publications of \(pair.publisher.short) never came, and it was told of \(received.missed)"
          ))
      }
    }
    return found
  }

  /// Whether it was handed over, or passed over.
  private func hasTakenIn(_ key: Publication.Key, at observer: NodeID) -> Bool {
    let pair = Pair(observer: observer, publisher: key.publisher)
    if excused.contains(pair) { return true }
    guard let received = received[pair] else { return false }
    return received.numbers.contains(key.number) || (received.missed > 0 && key.number < received.highest)
  }

  private func name(_ key: Publication.Key) -> String { "publication \(key.number) of \(key.publisher.short)" }
}
