import ShoalCore

/// Broadcasters that hand each other messages in memory, one at a time, in an order that the test may change.
struct BroadcastNet {
  struct Letter {
    let from: Int
    let to: Int
    let message: Message
    /// Which letter of this kind it is between the two, from 0.
    let position: Int
  }

  struct Received {
    let publication: Publication
    let missed: UInt64

    var number: UInt64? { publication.position?.number }
  }

  struct Settled {
    let message: UInt64
    let progress: BroadcastProgress
  }

  let ids: [NodeID]
  private let nodes: [Node]
  private var letters: [Letter] = []
  private var counts: [[Int]: Int] = [:]
  private(set) var received: [[Received]]
  private(set) var settled: [[Settled]]
  /// Where nodes have lost their place in total order.
  private(set) var broken: [[TopicPosition]]
  private(set) var mostOrdered = 0
  private var isAlive: [Bool]
  private var gone: Set<Int> = []
  private var now = Instant(nanoseconds: 1)
  private var nextMessage: UInt64 = 2
  /// Whom coordinators hold living.
  private var views: [Int: [Int]] = [:]
  /// How often time may still pass in a run: what nobody answers is said again for ever.
  private var patience = 0
  private(set) var mostWaiting = 0
  private var sent: [Int]
  /// The most publications that one node has sent.
  var mostSent: Int { sent.max() ?? 0 }
  /// Whom the first publication was sent to by its publisher.
  private(set) var firstReceivers: [Int] = []
  /// How many publications may be on their way from one node at once.
  var hasRoomFor = Int.max
  /// Whether applications are done with publications at once.
  var handles = true
  private var unhandled: [(node: Int, cost: Int)] = []

  private final class Node {
    var broadcaster: Broadcaster
    var outbox = BroadcastOutbox()

    init(_ id: NodeID, _ configuration: MessagingConfiguration) {
      broadcaster = Broadcaster(identity: id, configuration: configuration)
      broadcaster.subscribe(to: [Topic("talk", order: .causal)], now: .zero, into: &outbox)
    }
  }

  init(_ count: Int, fanOut: Int = 32, reorderLimit: Int = 1 << 20, orderLimit: Int = 1 << 20) {
    var configuration = MessagingConfiguration()
    configuration.broadcastFanOut = fanOut
    configuration.reorderLimit = reorderLimit
    configuration.orderLimit = orderLimit
    ids = (0..<count).map { NodeID(high: UInt64($0) + 1, low: 7) }
    nodes = ids.map { Node($0, configuration) }
    received = ids.map { _ in [] }
    settled = ids.map { _ in [] }
    broken = ids.map { _ in [] }
    isAlive = ids.map { _ in true }
    sent = ids.map { _ in 0 }
  }

  // MARK: Acting

  mutating func publish(_ payload: [UInt8], by publisher: Int, to topic: Topic, without: Set<Int> = []) {
    let members = ids.indices.filter { $0 != publisher && !without.contains($0) }.map { ids[$0] }
    let number = nextMessage
    nextMessage += 2
    let before = letters.count
    act(publisher) { broadcaster, now, outbox in
      broadcaster.publish(
        payload, message: number, to: topic, correlation: CorrelationID(high: 0, low: number), members: members,
        now: now, into: &outbox)
    }
    if firstReceivers.isEmpty { firstReceivers = letters[before...].map(\.to) }
  }

  /// What a node says to others because of `body`; nothing of it is delivered.
  func messages(of index: Int, _ body: (inout Broadcaster, inout BroadcastOutbox) -> Void) -> [Message] {
    var outbox = BroadcastOutbox()
    body(&nodes[index].broadcaster, &outbox)
    return outbox.actions.compactMap { if case .send(let message, _, _) = $0 { message } else { nil } }
  }

  mutating func deliver(payload: [UInt8], kind: MessageKind, from: Int, to: Int) {
    let message = Message(kind, number: 1, correlation: CorrelationID(high: 0, low: 0), payload: payload)
    letters.append(Letter(from: from, to: to, message: message, position: 0))
  }

  /// A process ends; nobody knows of it yet.
  mutating func kill(_ index: Int) { isAlive[index] = false }

  /// All others hold a node gone.
  mutating func holdGone(_ index: Int) {
    gone.insert(index)
    for other in ids.indices where other != index && isAlive[other] {
      act(other) { [id = ids[index]] broadcaster, now, outbox in
        broadcaster.peerGone(id, now: now, into: &outbox)
      }
    }
    gone.remove(index)
  }

  /// All others forget a node that they had held gone before, though it lives.
  mutating func forget(_ index: Int) {
    for other in nodes.indices where other != index { nodes[other].broadcaster.peerForgotten(ids[index]) }
  }

  /// Some nodes hold another one living that they held gone.
  mutating func holdLiving(_ index: Int, at others: [Int]) {
    for other in others {
      act(other) { [id = ids[index]] broadcaster, now, outbox in broadcaster.peerCame(id, now: now, into: &outbox) }
    }
  }

  /// Some nodes hold another one gone that lives.
  mutating func holdGone(_ index: Int, at others: [Int]) {
    for other in others {
      act(other) { [id = ids[index]] broadcaster, now, outbox in broadcaster.peerGone(id, now: now, into: &outbox) }
    }
  }

  /// Which reign of a coordinator's holds from now on.
  mutating func noteReign(_ epoch: UInt64?, at index: Int) { nodes[index].broadcaster.noteReign(epoch) }

  /// Nodes follow a reign, whose coordinator's view are these same nodes.
  mutating func follow(_ coordinator: Int, epoch: UInt64, by nodes: [Int]) {
    views[coordinator] = nodes
    let reign = OrderReign(epoch: epoch, sequencer: ids[coordinator])
    for index in nodes where isAlive[index] {
      act(index) { broadcaster, now, outbox in broadcaster.reignChanged(reign, now: now, into: &outbox) }
    }
  }

  /// Takes back what has no place yet.
  mutating func withdraw(_ message: UInt64, by index: Int) -> Bool {
    var isWithdrawn = false
    act(index) { broadcaster, now, outbox in
      isWithdrawn = broadcaster.withdraw(message: message, now: now, into: &outbox)
    }
    return isWithdrawn
  }

  mutating func pass(_ span: Nanoseconds) {
    now = now + span
    for index in ids.indices where isAlive[index] {
      act(index) { broadcaster, now, outbox in broadcaster.advance(to: now, into: &outbox) }
    }
  }

  /// Delivers everything that is on its way, and what that leads to.
  ///
  /// - Parameter passes: how often time may pass meanwhile, so that relays and members report.
  mutating func run(passes: Int = 40, where isDelivered: (Letter) -> Bool = { _ in true }) {
    patience = passes
    while true {
      guard let position = letters.firstIndex(where: isDelivered) else {
        guard advanceReports() else { return }
        continue
      }
      deliver(letters.remove(at: position))
    }
  }

  /// The same, and gives nodes some seconds to say again what did not arrive.
  mutating func settle(where isDelivered: (Letter) -> Bool = { _ in true }) {
    for _ in 0..<12 {
      run(passes: 2, where: isDelivered)
      pass(.milliseconds(300))
    }
    run(passes: 2, where: isDelivered)
  }

  /// Lets relays tell what they have gathered, without any patience passing.
  private mutating func advanceReports() -> Bool {
    guard patience > 0 else { return false }
    patience -= 1
    let before = letters.count
    let soon = now + .milliseconds(150)
    guard ids.indices.contains(where: { isAlive[$0] && nodes[$0].broadcaster.nextDeadline ?? soon + 1 <= soon })
    else { return false }
    pass(.milliseconds(150))
    return letters.count > before
  }

  mutating func shuffle(seed: UInt64) {
    var random = PRNG(seed: seed)
    for position in letters.indices.reversed() { letters.swapAt(position, random.below(position + 1)) }
  }

  /// Each letter changes places with its neighbour.
  mutating func swapPairs() {
    for position in stride(from: 0, to: letters.count - 1, by: 2) { letters.swapAt(position, position + 1) }
  }

  mutating func repeatAll() { letters += letters }

  mutating func drop(where isDropped: (Letter) -> Bool) { letters.removeAll(where: isDropped) }

  mutating func handleAll() {
    let waiting = unhandled
    unhandled = []
    for (index, cost) in waiting {
      act(index) { broadcaster, now, outbox in broadcaster.handled(cost: cost, now: now, into: &outbox) }
    }
  }

  // MARK: Looking

  /// What a node has got of totally ordered topics, as the first byte of each.
  func order(at index: Int) -> [UInt8] {
    received[index].filter { $0.publication.topic.order == .total }.map { $0.publication.payload[0] }
  }

  func spreads(at index: Int) -> Int { nodes[index].broadcaster.spreadCount }
  func malformed(at index: Int) -> UInt64 { nodes[index].broadcaster.counters.malformed }
  func unhandled(at index: Int) -> Int { nodes[index].broadcaster.unhandledCost }
  func pending(of index: Int, message: UInt64) -> [NodeID]? {
    nodes[index].broadcaster.progress(ofMessage: message)?.pending
  }

  // MARK: Carrying out

  private mutating func act(
    _ index: Int, _ body: (inout Broadcaster, Instant, inout BroadcastOutbox) -> Void
  ) {
    let node = nodes[index]
    body(&node.broadcaster, now, &node.outbox)
    mostWaiting = max(mostWaiting, node.broadcaster.waitingCost)
    mostOrdered = max(mostOrdered, node.broadcaster.orderCost)
    while !node.outbox.isEmpty {
      let (actions, events) = node.outbox.takeAll()
      for action in actions {
        switch action {
        case .send(let message, let peer, _): post(message, from: index, to: peer)
        case .askForMembers:
          let view = (views[index] ?? Array(ids.indices)).filter { $0 != index && isAlive[$0] }
          node.broadcaster.membersKnown(view.map { ids[$0] }, now: now, into: &node.outbox)
        case .consumed: break
        }
      }
      for event in events { note(event, at: index) }
    }
  }

  private mutating func post(_ message: Message, from index: Int, to peer: NodeID) {
    guard let to = ids.firstIndex(of: peer) else { return }
    guard !gone.contains(to) else {
      let node = nodes[index]
      node.broadcaster.refused(message.number, to: peer, .notMember, now: now, into: &node.outbox)
      return
    }
    let underWay = letters.count { $0.from == index && $0.message.kind == .publication }
    guard message.kind != .publication || underWay < hasRoomFor else {
      let node = nodes[index]
      node.broadcaster.refused(message.number, to: peer, .full, now: now, into: &node.outbox)
      return
    }
    if message.kind == .publication { sent[index] += 1 }
    let position = counts[[index, to, Int(message.kind.rawValue)], default: 0]
    counts[[index, to, Int(message.kind.rawValue)]] = position + 1
    letters.append(Letter(from: index, to: to, message: message, position: position))
  }

  private mutating func deliver(_ letter: Letter) {
    guard isAlive[letter.to] else { return }
    let origin = MessengerEvent.Origin(peer: ids[letter.from], generation: 0, lane: .broadcasts)
    act(letter.to) { broadcaster, now, outbox in
      broadcaster.received(letter.message, from: origin, now: now, into: &outbox)
    }
    guard isAlive[letter.from] else { return }
    act(letter.from) { [peer = ids[letter.to]] broadcaster, now, outbox in
      broadcaster.finished(letter.message.number, to: peer, .delivered, now: now, into: &outbox)
    }
  }

  private mutating func note(_ event: BroadcastEvent, at index: Int) {
    switch event {
    case .received(let publication, let missed, let cost, let origin):
      received[index].append(Received(publication: publication, missed: missed))
      guard origin == nil else { return }
      unhandled.append((index, cost))
      if handles { handleAll() }
    case .settled(let message, _, let progress):
      settled[index].append(Settled(message: message, progress: progress))
    case .orderBroken(let position): broken[index].append(position)
    }
  }
}
