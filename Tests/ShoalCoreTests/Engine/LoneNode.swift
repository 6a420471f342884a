import ShoalCore

/// One engine under a hand-held clock, with what it sent last at hand.
struct LoneNode: ~Copyable {
  var engine: Engine
  private(set) var now: Now
  private(set) var transmits: [(receiver: NodeID, bytes: [UInt8])] = []
  private(set) var frames: [[UInt8]] = []
  private(set) var actions: [Outbox.StreamAction] = []
  private(set) var events: [Event] = []
  private(set) var pingResults: [PingResult] = []
  /// What was to be written down.
  private(set) var written: [(version: UInt64, content: CoordinationMemory)] = []
  private(set) var handovers: [StreamHandover] = []
  private var outbox = Outbox()
  private var nextStream: UInt64 = 2

  /// Founds a cluster of its own.
  init(
    name: String, seed: UInt64, configuration: CoreConfiguration = .lan, seeds: [SeedAddress] = [],
    memory: CoordinationMemory? = nil, now: Now = Now(monotonic: Instant(nanoseconds: 1), wallMilliseconds: 1_000)
  ) {
    self.now = now
    let identity = LocalIdentity(
      id: NodeID(high: seed << 8 | 1, low: seed), name: name, endpoint: Endpoint(v4: 0x0A00_0001, port: 1), salt: seed)
    engine = Engine(identity: identity, configuration: configuration, randomSeed: seed, memory: memory, now: now)
    engine.perform(.join(seeds: seeds), now: now, into: &outbox)
    take()
  }

  var isCoordinator: Bool { engine.isCoordinator(at: now.monotonic) }
  var coordinationState: CoordinationState { engine.coordinationState(at: now.monotonic) }

  mutating func perform(_ command: Command) {
    engine.perform(command, now: now, into: &outbox)
    take()
  }

  /// - Returns: why it was refused; nil when it was done.
  @discardableResult
  mutating func perform(_ operation: ShoalCore.Operation) -> OperationRefusal? {
    defer { take() }
    do throws(OperationRefusal) {
      try engine.perform(operation, now: now, into: &outbox)
      return nil
    } catch { return error }
  }

  mutating func setOpenTokens(_ count: Int) {
    engine.setOpenTokens(count, now: now, into: &outbox)
    take()
  }

  mutating func receive(_ bytes: [UInt8], from sender: NodeID) {
    engine.receive(bytes.rawSpan, from: sender, now: now, into: &outbox)
    take()
  }

  mutating func receive(_ type: DatagramType, carrying updates: [Update], from sender: NodeID) {
    receive(WireSamples.datagram(type, carrying: updates), from: sender)
  }

  /// Pings a member to measure a round trip.
  mutating func measure(_ peer: NodeID, token: UInt64, timeout: Nanoseconds) {
    engine.measure(peer, token: token, timeout: timeout, now: now, into: &outbox)
    take()
  }

  /// Answers a ping that was sent, as if it had come to whoever it is for: with our view, or as one whose other view is old.
  mutating func acknowledge(_ ping: [UInt8], from sender: NodeID, agrees: Bool = true) throws {
    var reader = ByteReader(ping.rawSpan)
    let sequence = try DatagramHeader(from: &reader).sequence
    var ack: [UInt8] = []
    DatagramHeader(
      type: .ack, sequence: sequence, age: agrees ? 0 : 255,
      fingerprint: agrees ? engine.fingerprint : ~engine.fingerprint, coordinationFingerprint: 0, target: .unknown
    ).write(to: &ack)
    receive(ack, from: sender)
  }

  /// Makes a member known.
  mutating func meet(_ record: Record) { receive(.gossip, carrying: [.alive(record)], from: record.id) }

  /// Opens a stream from `peer`, delivers one frame on it, and closes it again.
  mutating func receiveFrame(_ bytes: [UInt8], from peer: NodeID) {
    let id = openStream(from: peer)
    deliver(bytes, on: id)
    engine.streamClosed(id, failure: .closedByPeer, now: now, into: &outbox)
    take()
  }

  mutating func openStream(from peer: NodeID) -> StreamID {
    let id = StreamID(nextStream)
    nextStream += 2
    engine.streamOpened(id, peer: peer, inbound: true, now: now, into: &outbox)
    take()
    return id
  }

  /// Answers the dial that the engine has asked for last.
  mutating func answerDial(as peer: NodeID) -> StreamID? {
    guard let last = dialled.last else { return nil }
    connect(last.id, to: peer)
    return last.id
  }

  /// Tells that a stream which the engine dialled is ready.
  mutating func connect(_ id: StreamID, to peer: NodeID) {
    engine.streamOpened(id, peer: peer, inbound: false, now: now, into: &outbox)
    take()
  }

  mutating func lose(_ id: StreamID) {
    engine.streamClosed(id, failure: .reset, now: now, into: &outbox)
    take()
  }

  /// Answers the look-ups that the engine has asked for.
  mutating func resolve(to endpoints: [Endpoint]) {
    for id in lookups { engine.resolved(id, endpoints: endpoints, now: now, into: &outbox) }
    take()
  }

  /// The names that were to be looked up.
  var lookups: [ResolveID] {
    actions.compactMap { if case .resolve(let id, _, _) = $0 { id } else { nil } }
  }

  /// The streams that were dialled, with whom each shall lead to.
  var dialled: [(id: StreamID, peer: NodeID)] {
    actions.compactMap { if case .dial(let id, _, let expected) = $0 { (id, expected) } else { nil } }
  }

  mutating func deliver(_ bytes: [UInt8], on id: StreamID) {
    engine.streamReceived(id, frame: bytes.rawSpan, now: now, into: &outbox)
    take()
  }

  /// Lets time pass, stopping at every deadline on the way.
  mutating func advance(by span: Nanoseconds) {
    let end = now.monotonic + span
    while let deadline = engine.nextDeadline, deadline <= end {
      pass(deadline.since(now.monotonic))
      engine.advance(to: now, into: &outbox)
      take()
    }
    pass(end.since(now.monotonic))
  }

  private mutating func pass(_ span: Nanoseconds) {
    now.monotonic = now.monotonic + span
    let wall = (now.wallFraction + span).quotientAndRemainder(dividingBy: .milliseconds(1))
    now.wallMilliseconds += wall.quotient
    now.wallFraction = wall.remainder
  }

  /// Lets time pass as for a process that did not run: deadlines go by, then it is told so, and goes on.
  mutating func stall(for span: Nanoseconds) {
    pass(span)
    engine.stalled(by: span, now: now, into: &outbox)
    engine.advance(to: now, into: &outbox)
    take()
  }

  /// Lets time pass for a node that comes to each of its deadlines late.
  mutating func advance(by span: Nanoseconds, lateBy lateness: Nanoseconds) {
    let end = now.monotonic + span
    while let deadline = engine.nextDeadline, deadline <= end {
      pass((deadline + lateness).since(now.monotonic))
      engine.stalled(by: lateness, now: now, into: &outbox)
      engine.advance(to: now, into: &outbox)
      take()
    }
  }

  /// The pings that were sent to a member since the last look.
  func pings(to id: NodeID) -> Int {
    transmits.count { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      return transmit.receiver == id && (try? DatagramHeader(from: &reader))?.type == .ping
    }
  }

  /// Forgets what was sent and published so far.
  mutating func clear() {
    transmits.removeAll()
    frames.removeAll()
    actions.removeAll()
    events.removeAll()
    pingResults.removeAll()
    handovers.removeAll()
  }

  private mutating func take() {
    for transmit in outbox.transmits { transmits.append((transmit.receiver, Array(outbox.bytes[transmit.range]))) }
    for action in outbox.streamActions {
      if case .write(_, let range) = action { frames.append(Array(outbox.bytes[range])) }
    }
    actions.append(contentsOf: outbox.streamActions)
    events.append(contentsOf: outbox.events)
    pingResults.append(contentsOf: outbox.pingResults)
    if let memory = outbox.memory { written.append(memory) }
    handovers.append(contentsOf: outbox.handovers)
    outbox.removeAll()
  }
}

extension Record {
  /// The same record at another port.
  func at(endpointPort port: UInt16) -> Record {
    Record(
      id: id, incarnation: incarnation, seniority: seniority, role: role, versions: versions, salt: salt,
      endpoint: endpoint.with(port: port), name: name, tags: tags, supersedes: supersedes, metadata: metadata)
  }
}
