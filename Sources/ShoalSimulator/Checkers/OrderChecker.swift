import ShoalCore

/// What was published to totally ordered topics, who got it at which place, and what publishers were told: finds every difference.
///
/// Each member gets number after number, without a gap and nothing twice, until it is told that it has lost its place. Whoever goes on under
/// one reign has got the same before, under whatever reigns that was. Nobody loses a place without a reason: see `OrderCalm`.
package struct OrderChecker {
  /// A publication by its publisher's number of messages.
  private struct Key: Hashable {
    let publisher: NodeID
    let message: UInt64
  }

  /// What one member has got since it took its place.
  private struct Place {
    var reign: OrderReign?
    var position: TopicPosition?
    /// The number of the first one.
    var first: UInt64 = 0
    var keys: [Key] = []
    var seen: Set<Key> = []
  }

  // Looked up; what is iterated is in the order of publishing, and of members' first publications.
  private var entries: [Key: PublicationAccount] = [:]
  private var keys: [Key] = []
  private var places: [NodeID: Place] = [:]
  private var observers: [NodeID] = []
  /// What all that have gone on under a reign have got, by number.
  private var orders: [OrderReign: [UInt64: Key]] = [:]
  /// All that a member has ever got.
  private var got: [NodeID: Set<Key>] = [:]
  private var brokenEver: Set<NodeID> = []

  package init() {}

  package mutating func published(
    _ payload: [UInt8], message: UInt64, to topic: Topic, members: [NodeID], by publisher: NodeID
  ) {
    let key = Key(publisher: publisher, message: message)
    entries[key] = PublicationAccount(payload, to: topic, members: members)
    keys.append(key)
  }

  package func knows(_ message: UInt64, of publisher: NodeID) -> Bool {
    entries[Key(publisher: publisher, message: message)] != nil
  }

  /// Returns what is wrong with it.
  package mutating func received(_ publication: Publication, at observer: NodeID) -> String? {
    let key = Key(publisher: publication.key.publisher, message: publication.message)
    guard let entry = entries[key] else { return "it got \(name(key)), which was never published" }
    guard let reign = publication.place?.reign, let position = publication.position else {
      return "it got \(name(key)) without a place"
    }
    if places[observer] == nil { observers.append(observer) }
    var place = places[observer] ?? Place()
    // Taken out, so that it is not copied.
    places[observer] = nil
    defer { places[observer] = place }
    let before = place.position
    place.position = position
    if place.keys.isEmpty { place.first = position.number }
    place.keys.append(key)
    got[observer, default: []].insert(key)
    if let difference = entry.difference(from: publication) { return "it got \(name(key)) \(difference)" }
    if !place.seen.insert(key).inserted { return "it got \(name(key)) twice" }
    if let before, position < before || position.number != before.number + 1 {
      return "it got place \(position) after \(before)"
    }
    let isNew = place.reign != reign
    place.reign = reign
    for index in isNew ? 0..<place.keys.count : place.keys.count - 1..<place.keys.count {
      let number = place.first + UInt64(index)
      let other = orders[reign, default: [:]].updateValue(place.keys[index], forKey: number)
      if let other, other != place.keys[index] {
        return "at place \(number) it got \(name(place.keys[index])), and others of epoch \(reign.epoch) \(name(other))"
      }
    }
    return nil
  }

  /// A member was told that it has lost its place.
  ///
  /// - Parameter isNeedless: whether nothing has happened for which it may.
  package mutating func broken(_ position: TopicPosition, at observer: NodeID, isNeedless: Bool) -> String? {
    brokenEver.insert(observer)
    let place = places[observer]
    if place != nil { places[observer] = Place() }
    if isNeedless {
      return
        "it was told that it has lost its place behind \(position.number), though others have only gone or coordinated"
    }
    guard let place else { return nil }
    guard let last = place.position, last.number != position.number else { return nil }
    return "it was told that it has lost its place behind \(position.number), and has got \(last.number)"
  }

  package mutating func settled(_ message: UInt64, _ progress: BroadcastProgress, at publisher: NodeID) -> String? {
    let key = Key(publisher: publisher, message: message)
    guard entries[key] != nil else {
      return "it was told what became of message \(message), which it has not published"
    }
    let name = name(key)
    return entries[key]?.settle(progress, name: name)
  }

  /// What only shows at the end: publications of running publishers without an account, false accounts, and members that have stayed behind.
  package func close(running: Set<NodeID>) -> [(node: NodeID, sentence: String)] {
    var found: [(node: NodeID, sentence: String)] = []
    for key in keys where running.contains(key.publisher) {
      let sentences = entries[key]?.close(name: name(key)) { member in
        running.contains(member) && !brokenEver.contains(member) && got[member]?.contains(key) != true
      }
      found += (sentences ?? []).map { (key.publisher, $0) }
    }
    let numbers = observers.filter { running.contains($0) }.compactMap { id in
      places[id]?.position.map { (id: id, number: $0.number) }
    }
    let furthest = numbers.map(\.number).max() ?? 0
    for one in numbers where one.number < furthest {
      found.append((one.id, "it has got places up to \(one.number), and others up to \(furthest)"))
    }
    return found
  }

  private func name(_ key: Key) -> String { "message \(key.message) of \(key.publisher.short)" }
}
