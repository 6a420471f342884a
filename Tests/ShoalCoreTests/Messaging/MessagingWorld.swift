import ShoalCore

/// A few messengers in virtual time, over connections that are made and cut in memory. Everything follows from one seed.
///
/// It stands in for engine, driver and network: who is held living is told to each messenger, and connections are authenticated.
final class MessagingWorld {
  let seed: UInt64
  let configuration: MessagingConfiguration
  var random: PRNG
  private(set) var clock = Instant(nanoseconds: 1)
  private(set) var nodes: [MessagingNode] = []
  var ledger = MessagingLedger()
  private(set) var counts = FaultCounts()
  /// Pairs between which nothing travels, dialler's or sender's index first.
  private var isCut: Set<[Int]> = []
  private var links: [MessagingLink] = []
  private var linkOf: [StreamID: Int] = [:]
  private var actions = ActionQueue()
  private var nextStream: UInt64 = 1
  private let plantedBug: MessagingBug?
  /// How long a message, or half a connection, is on its way at most.
  var slowest = Nanoseconds.milliseconds(3)
  /// Whether applications take what they are handed, after a while.
  var applicationsRead = true

  struct FaultCounts {
    var cuts = 0
    var halfOpen = 0
    var falseDeaths = 0
    var restarts = 0
    var splits = 0
    var crossedDials = 0
  }

  init(seed: UInt64, nodes count: Int, configuration: MessagingConfiguration = .init(), planted: MessagingBug? = nil) {
    self.seed = seed
    self.configuration = configuration
    plantedBug = planted
    random = PRNG(seed: seed)
    for _ in 0..<count { start() }
  }

  // MARK: Time

  func after(_ span: Nanoseconds, _ action: @escaping () -> Void) { actions.add(action, at: clock + span) }

  func run(for span: Nanoseconds) {
    let end = clock + span
    while let (instant, action) = actions.popFirst(by: end) {
      clock = instant
      action()
    }
    clock = end
  }

  private func trip() -> Nanoseconds { 10_000 + random.jitter(slowest) }

  // MARK: Processes

  @discardableResult
  func start(asClient isClient: Bool = false) -> MessagingNode {
    let id = NodeID(drawnFrom: &random)
    let node = MessagingNode(
      index: nodes.count, id: id, configuration: configuration, seed: random.next(), isClient: isClient,
      planted: plantedBug)
    for other in nodes where other.isAlive {
      node.living.insert(other.id)
      other.living.insert(id)
    }
    nodes.append(node)
    return node
  }

  /// A process dies; the others hear of it after a while, each on its own.
  func kill(_ node: MessagingNode) {
    node.isAlive = false
    ledger.processEnded(node.id)
    for link in links where link.isOpen && link.includes(node.index) { breakLink(link) }
    for other in nodes where other.isAlive {
      after(random.jitter(.seconds(3))) { self.holdGone(node, at: other) }
    }
  }

  func restart(_ node: MessagingNode) {
    counts.restarts += 1
    kill(node)
    start()
  }

  func holdGone(_ subject: MessagingNode, at observer: MessagingNode) {
    guard observer.isAlive, observer.living.remove(subject.id) != nil else { return }
    ledger.heldGone(subject.id, at: observer.id)
    act(observer) { messenger, now, outbox in messenger.peerGone(subject.id, now: now, into: &outbox) }
  }

  func holdLiving(_ subject: MessagingNode, at observer: MessagingNode) {
    guard observer.isAlive, subject.isAlive, observer.living.insert(subject.id).inserted else { return }
    act(observer) { messenger, now, _ in messenger.peerReturned(subject.id, now: now) }
  }

  // MARK: Messages

  /// Sends one message; false when it was refused.
  @discardableResult
  func send(
    from sender: MessagingNode, to receiver: MessagingNode, bytes: Int, lane: MessageLane = .messages,
    isPressing: Bool = false
  ) -> SendRefusal? {
    let message = sender.draft(bytes: bytes, random: &random)
    var refusal: SendRefusal?
    act(sender) { messenger, _, _ in
      do throws(SendRefusal) {
        guard sender.living.contains(receiver.id) else { throw .notMember }
        try messenger.send(message, to: receiver.id, lane: lane, isPressing: isPressing)
        ledger.sent(message, from: sender.id, to: receiver.id, lane: lane)
      } catch { refusal = error }
    }
    return refusal
  }

  /// Makes one call into a messenger and carries out what it wants.
  func act(_ node: MessagingNode, _ body: (inout Messenger, Instant, inout MessengerOutbox) -> Void) {
    guard node.isAlive else { return }
    body(&node.messenger, clock, &node.outbox)
    node.messenger.flush(now: clock, into: &node.outbox)
    carryOut(node)
  }

  private func carryOut(_ node: MessagingNode) {
    let events = node.outbox.events
    var written: Set<StreamID> = []
    for action in node.outbox.actions {
      switch action {
      case .dial(let peer): dial(peer, by: node)
      case .write(let stream, let range):
        written.insert(stream)
        let frame = node.outbox.withBytes(range) { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
        write(frame, on: stream, by: node)
      case .close(let stream, let fault):
        if fault == .duplicate { counts.crossedDials += 1 }
        close(stream, by: node)
      }
    }
    node.outbox.removeAll()
    for event in events { handle(event, at: node) }
    ledger.stepEnded(at: node.id)
    for stream in written.sorted(by: { $0.raw < $1.raw }) {
      after(random.jitter(100_000)) { [self] in
        act(node) { messenger, _, _ in messenger.writable(stream, true) }
      }
    }
    scheduleWake(node)
  }

  private func handle(_ event: MessengerEvent, at node: MessagingNode) {
    switch event {
    case .received(let message, let origin):
      node.held += message.payload.count
      node.mostHeld = max(node.mostHeld, node.held)
      ledger.received(message, from: origin, at: node.id)
      consume(message.payload.count, from: origin, at: node)
    case .finished(let number, _, let peer, let outcome):
      ledger.finished(number, from: node.id, to: peer, outcome)
    case .broken(let peer, let generation, _): ledger.broken(peer, generation: generation, at: node.id)
    case .clientGone(let peer):
      node.clientsGone += 1
      node.living.remove(peer)
    }
  }

  private func consume(_ bytes: Int, from origin: MessengerEvent.Origin, at node: MessagingNode) {
    guard applicationsRead else {
      node.untaken.append((bytes, origin))
      return
    }
    after(random.jitter(.milliseconds(2))) { [self] in
      node.held -= bytes
      act(node) { messenger, _, _ in messenger.consumed(cost: ChunkLimits.cost(of: bytes), from: origin) }
    }
  }

  /// Lets applications take what they have left lying.
  func readAgain() {
    applicationsRead = true
    for node in nodes {
      for (bytes, origin) in node.untaken { consume(bytes, from: origin, at: node) }
      node.untaken.removeAll()
    }
  }

  private func scheduleWake(_ node: MessagingNode) {
    guard let deadline = node.messenger.nextDeadline else { return }
    if let scheduled = node.wakeAt, scheduled <= deadline { return }
    node.wakeAt = deadline
    let instant = max(deadline, clock)
    actions.add(
      { [self] in
        guard node.wakeAt == deadline else { return }
        node.wakeAt = nil
        act(node) { messenger, now, outbox in messenger.advance(to: now, into: &outbox) }
      }, at: instant)
  }

  // MARK: Connections

  private func dial(_ peer: NodeID, by node: MessagingNode) {
    let stream = drawStream()
    guard let target = nodes.first(where: { $0.id == peer }) else { return }
    let link = MessagingLink(
      index: links.count, dialler: node.index, dialStream: stream, acceptor: target.index, acceptStream: drawStream())
    links.append(link)
    linkOf[stream] = link.index
    linkOf[link.acceptStream] = link.index
    let isBlocked = isCut.contains([node.index, target.index]) || isCut.contains([target.index, node.index])
    // What is blocked shows late.
    after(isBlocked ? .milliseconds(500) + random.jitter(.seconds(3)) : trip() + trip()) { [self] in
      guard !isBlocked, target.isAlive, node.living.contains(peer) else {
        link.isOpen = false
        act(node) { messenger, now, outbox in messenger.dialFailed(peer, now: now, into: &outbox) }
        return
      }
      act(node) { messenger, now, outbox in messenger.opened(stream, peer: peer, now: now, into: &outbox) }
    }
  }

  private func drawStream() -> StreamID {
    defer { nextStream += 1 }
    return StreamID(nextStream)
  }

  private func link(_ stream: StreamID) -> MessagingLink? { linkOf[stream].map { links[$0] } }

  private func write(_ frame: [UInt8], on stream: StreamID, by node: MessagingNode) {
    guard let link = link(stream), link.isOpen else { return }
    let isToDialler = stream == link.acceptStream
    deliver(.frame(frame), on: link, isToDialler: isToDialler)
  }

  private func close(_ stream: StreamID, by node: MessagingNode) {
    guard let link = link(stream) else { return }
    let isByDialler = stream == link.dialStream
    if isByDialler { link.diallerHears = false } else { link.acceptorHears = false }
    if link.isOpen { deliver(.end, on: link, isToDialler: !isByDialler) }
  }

  /// Puts something on its way, behind what is on its way already.
  private func deliver(_ segment: MessagingLink.Segment, on link: MessagingLink, isToDialler: Bool) {
    let arrival = max(link.lastArrival(isToDialler: isToDialler) + 1, clock + trip())
    link.setLastArrival(arrival, isToDialler: isToDialler)
    actions.add({ [self] in arrive(segment, on: link, isToDialler: isToDialler) }, at: arrival)
  }

  private func arrive(_ segment: MessagingLink.Segment, on link: MessagingLink, isToDialler: Bool) {
    guard link.isOpen, isToDialler ? link.diallerHears : link.acceptorHears else { return }
    let sender = isToDialler ? link.acceptor : link.dialler
    let receiver = isToDialler ? link.dialler : link.acceptor
    // Half open: nothing comes through any more, and nobody hears of it.
    if isCut.contains([sender, receiver]) { link.isSwallowing = true }
    guard !link.isSwallowing else { return }
    let node = nodes[receiver]
    let stream = isToDialler ? link.dialStream : link.acceptStream
    switch segment {
    case .end: ended(link, isDialler: isToDialler)
    case .frame(let frame):
      guard !isToDialler, !link.isAccepted else {
        act(node) { messenger, now, outbox in
          messenger.received(frame.rawSpan, on: stream, now: now, into: &outbox)
        }
        return
      }
      link.isAccepted = true
      let peer = nodes[link.dialler].id
      let isClient = nodes[link.dialler].isClient
      // The engine lets a client in, and hands over no other connections than members'.
      if isClient { node.living.insert(peer) }
      guard node.living.contains(peer) else {
        close(stream, by: node)
        return
      }
      act(node) { messenger, now, outbox in
        messenger.accepted(
          stream, peer: peer, hello: frame.rawSpan, isClient: isClient, now: now, into: &outbox)
      }
    }
  }

  private func ended(_ link: MessagingLink, isDialler: Bool) {
    guard isDialler ? link.diallerHears : link.acceptorHears else { return }
    if isDialler { link.diallerHears = false } else { link.acceptorHears = false }
    let node = nodes[isDialler ? link.dialler : link.acceptor]
    let stream = isDialler ? link.dialStream : link.acceptStream
    act(node) { messenger, now, outbox in messenger.closed(stream, now: now, into: &outbox) }
  }

  // MARK: Faults

  var openLinks: [MessagingLink] { links.filter { $0.isOpen && ($0.diallerHears || $0.acceptorHears) } }

  /// A connection breaks: what is on its way is lost, and each side hears of it after a while.
  func breakLink(_ link: MessagingLink) {
    counts.cuts += 1
    link.isSwallowing = true
    for isDialler in [true, false] {
      after(random.jitter(.milliseconds(50))) { [self] in
        ended(link, isDialler: isDialler)
        if !link.diallerHears, !link.acceptorHears { link.isOpen = false }
      }
    }
  }

  /// A connection breaks without a word: only silence shows it.
  func swallow(_ link: MessagingLink) {
    counts.halfOpen += 1
    link.isSwallowing = true
  }

  /// Nothing travels between two for a while, in one direction or both.
  func split(_ first: MessagingNode, _ second: MessagingNode, bothWays: Bool, for span: Nanoseconds) {
    counts.splits += 1
    let ways = bothWays ? [[first.index, second.index], [second.index, first.index]] : [[first.index, second.index]]
    for way in ways { isCut.insert(way) }
    after(span) { [self] in for way in ways { isCut.remove(way) } }
  }

  func falselyBury(_ subject: MessagingNode, at observer: MessagingNode, for span: Nanoseconds) {
    guard observer.living.contains(subject.id) else { return }
    counts.falseDeaths += 1
    holdGone(subject, at: observer)
    after(span) { [self] in holdLiving(subject, at: observer) }
  }

  /// Hands a messenger a frame on the connection that it has, as if the peer had sent it.
  func inject(_ frame: [UInt8], into node: MessagingNode) {
    guard let link = openLinks.last(where: { $0.includes(node.index) && $0.isAccepted }) else { return }
    let stream = link.dialler == node.index ? link.dialStream : link.acceptStream
    act(node) { messenger, now, outbox in messenger.received(frame.rawSpan, on: stream, now: now, into: &outbox) }
  }
}

/// One process.
final class MessagingNode {
  let index: Int
  let id: NodeID
  let isClient: Bool
  /// Of how many clients it was told that they are gone.
  var clientsGone = 0
  var messenger: Messenger
  var outbox = MessengerOutbox()
  var isAlive = true
  /// Whom it holds living.
  var living: Set<NodeID> = []
  var wakeAt: Instant?
  /// Bytes that its application has and is not done with.
  var held = 0
  var mostHeld = 0
  var untaken: [(Int, MessengerEvent.Origin)] = []
  private var nextNumber: UInt64 = 1

  init(
    index: Int, id: NodeID, configuration: MessagingConfiguration, seed: UInt64, isClient: Bool, planted: MessagingBug?
  ) {
    self.index = index
    self.id = id
    self.isClient = isClient
    messenger = Messenger(identity: id, configuration: configuration, randomSeed: seed, isClient: isClient)
    messenger.plantedBug = planted
  }

  /// A message whose bytes are drawn.
  func draft(bytes: Int, random: inout PRNG) -> Message {
    defer { nextNumber += 1 }
    var payload: [UInt8] = []
    payload.reserveCapacity(bytes)
    while payload.count + 8 <= bytes { payload.write(random.next()) }
    while payload.count < bytes { payload.write(UInt8(truncatingIfNeeded: random.next())) }
    let kind = MessageKind.allCases[random.below(MessageKind.allCases.count)]
    return Message(
      kind, number: nextNumber, correlation: CorrelationID(high: random.next(), low: random.next()),
      request: kind == .send || kind == .request || kind.isBroadcasters ? 0 : random.next() >> 20,
      timeoutMilliseconds: kind == .request ? UInt32(random.below(10_000)) : 0,
      name: kind == .send || kind == .request ? ["", "a", "a.long.name.Type"][random.below(3)] : "", payload: payload)
  }
}

/// One connection between two processes.
final class MessagingLink {
  enum Segment {
    case frame([UInt8])
    case end
  }

  let index: Int
  let dialler: Int
  let dialStream: StreamID
  let acceptor: Int
  let acceptStream: StreamID
  var isOpen = true
  /// Whether each side still holds it.
  var diallerHears = true
  var acceptorHears = true
  /// Whether the first frame has reached the acceptor.
  var isAccepted = false
  var isSwallowing = false
  private var lastToDialler = Instant.zero
  private var lastToAcceptor = Instant.zero

  init(index: Int, dialler: Int, dialStream: StreamID, acceptor: Int, acceptStream: StreamID) {
    self.index = index
    self.dialler = dialler
    self.dialStream = dialStream
    self.acceptor = acceptor
    self.acceptStream = acceptStream
  }

  func includes(_ node: Int) -> Bool { dialler == node || acceptor == node }

  func lastArrival(isToDialler: Bool) -> Instant { isToDialler ? lastToDialler : lastToAcceptor }

  func setLastArrival(_ instant: Instant, isToDialler: Bool) {
    if isToDialler { lastToDialler = instant } else { lastToAcceptor = instant }
  }
}

/// What will happen, earliest first; of the same instant in the order of adding.
private struct ActionQueue {
  private var entries: [(instant: Instant, order: UInt64, action: () -> Void)] = []
  private var nextOrder: UInt64 = 0

  mutating func add(_ action: @escaping () -> Void, at instant: Instant) {
    entries.append((instant, nextOrder, action))
    nextOrder += 1
    var child = entries.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst(by limit: Instant) -> (Instant, () -> Void)? {
    guard let first = entries.first, first.instant <= limit else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && precedes(child, least) {
        least = child
      }
      guard least != parent else { return (first.instant, first.action) }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (entries[left].instant, entries[left].order) < (entries[right].instant, entries[right].order)
  }
}
