/// The part of total order that only the coordinator plays: gives publications their places, and knows how far each member holds them.
struct Sequencer {
  enum Phase {
    /// Nobody has any use for an order yet.
    case idle
    /// Asks for the members of its view.
    case awaitingMembers
    /// Asks them how far they hold the order.
    case collecting(Handover)
    /// Takes what it lacks from the one that holds most.
    case fetching(from: NodeID, upTo: UInt64, since: Instant)
    /// Gives places.
    case open
  }

  let reign: OrderReign
  var phase = Phase.idle
  /// The other members of its view, by NodeID.
  private(set) var members: [NodeID] = []
  /// How far each holds the order, itself included; looked up.
  private var held: [NodeID: OrderHeld] = [:]
  /// Who has held up all others for too long: nobody waits for them, and what they lack may be gone.
  private var left: Set<NodeID> = []
  var hasLeftBehind: Bool { !left.isEmpty }
  /// Up to here all hold the order.
  private(set) var stable: UInt64 = 0
  /// Since when it has been that far.
  var stableSince = Instant.zero
  /// What members were told of that.
  var stableTold: UInt64 = 0
  /// The last of each publisher that was taken, with a place or waiting for one.
  private var taken: [NodeID: UInt64] = [:]
  var waiting = Fifo<OrderedEntry>()
  var waitingCost = 0

  /// When there is no room, members that have not moved for so long are left behind.
  static let patience = Nanoseconds.seconds(10)

  init(_ reign: OrderReign) { self.reign = reign }

  var isOpen: Bool { if case .open = phase { true } else { false } }
  var isIdle: Bool { if case .idle = phase { true } else { false } }
  var isFetching: Bool { if case .fetching = phase { true } else { false } }

  // MARK: Members

  mutating func take(members ids: [NodeID]) {
    members = ids.filter { $0 != reign.sequencer }.sorted()
  }

  mutating func insert(_ id: NodeID) {
    let place = members.firstIndex { $0 >= id } ?? members.count
    if place == members.count || members[place] != id { members.insert(id, at: place) }
    // It may have lost its place meanwhile.
    held[id] = nil
  }

  mutating func remove(_ id: NodeID) {
    members.removeAll { $0 == id }
    held[id] = nil
    left.remove(id)
  }

  // MARK: How far all hold the order

  /// The order goes on from here; everybody has to say how far it holds it.
  mutating func open(base: UInt64, now: Instant) {
    phase = .open
    stable = base
    stableTold = base
    stableSince = now
    held = [:]
  }

  mutating func note(_ news: OrderHeld, of id: NodeID, now: Instant) {
    let isMember = id == reign.sequencer || members.contains(id)
    guard isMember else { return }
    held[id] = news
    if news.top >= stable { left.remove(id) }
    advance(now: now)
  }

  mutating func advance(now: Instant) {
    guard var least = held[reign.sequencer]?.top else { return }
    for id in members where !left.contains(id) {
      guard let top = held[id]?.top else { return }
      least = min(least, top)
    }
    guard least > stable else { return }
    stable = least
    stableSince = now
  }

  /// Whoever has kept all others waiting is not waited for any longer.
  mutating func leaveBehind(now: Instant) {
    for id in members where (held[id]?.top ?? 0) <= stable { left.insert(id) }
    stableSince = now
    advance(now: now)
  }

  func lacks(_ id: NodeID, of top: UInt64) -> Bool { (held[id]?.top ?? 0) < top }

  /// Who holds everything that all hold, and from where on.
  var holders: [OrderHolder] {
    ([reign.sequencer] + members).compactMap { id in
      guard let held = held[id], held.top >= stable else { return nil }
      return OrderHolder(id: id, begin: held.begin)
    }
  }

  /// Publishers that wait to hear what became of something that all hold by now.
  mutating func takeAwaiting() -> [NodeID] {
    let ids = ([reign.sequencer] + members).filter { id in
      guard let awaits = held[id]?.awaits else { return false }
      return awaits > 0 && awaits <= stable
    }
    // Whoever waits for more says so.
    for id in ids { held[id]?.awaits = 0 }
    return ids
  }

  // MARK: Submissions

  /// Whether a publication is the next of its publisher's: not here already, and none before it is missing.
  func isNext(_ entry: OrderedEntry, previous: UInt64) -> Bool {
    let last = taken[entry.publisher] ?? 0
    return entry.publisherNumber > last && previous <= last
  }

  /// A publication has, or will have, its place.
  mutating func noteTaken(_ entry: OrderedEntry) {
    taken[entry.publisher] = max(taken[entry.publisher] ?? 0, entry.publisherNumber)
  }

  func hasTaken(of publisher: NodeID) -> Bool { taken[publisher] != nil }

  mutating func forget(_ publisher: NodeID) { taken[publisher] = nil }
}
