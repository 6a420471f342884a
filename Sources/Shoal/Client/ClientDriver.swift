import Logging
import NIOCore
import ShoalCore
import ShoalSecurity
import Synchronization

/// Drives a client's engine and messenger on one event loop, as `EngineDriver` does for a member: connections out, none in, no datagrams.
///
/// Everything in here runs on that event loop, but for `read`; that is why it may be shared without locks.
final class ClientDriver: StreamDriver, NIOScheduledCallbackHandler, @unchecked Sendable {
  let eventLoop: any EventLoop
  let nodeID: NodeID
  let key: ClusterKey
  let configuration: MeshClientConfiguration
  let logger: Logger
  var transport = TransportCounters()
  var streams: [StreamID: StreamConnection] = [:]
  var closing: [StreamID: StreamConnection] = [:]
  private(set) var isClosed = false
  let gate: MessageGate
  /// This client, as its gate knows it.
  private let reference: DriverReference
  let tracing: MessageTracing
  private(set) lazy var messages = MessageDriver(driver: self, randomSeed: Sodium.randomUInt64(), isClient: true)

  private let engine: Mutex<ClientEngine>
  private var outbox = Outbox()
  private var isRunning = false
  private var knownHome: NodeID?
  private var timer: NIOScheduledCallback?
  private var timerDeadline: Instant?
  /// Who waits until a member has let the client in and told of the others; gets why none has.
  private var starter: CheckedContinuation<[JoinFailure]?, Never>?
  /// Who waits for home's answer.
  private var refreshers: [CheckedContinuation<Void, Never>] = []

  init(configuration: MeshClientConfiguration, key: ClusterKey, eventLoop: any EventLoop) {
    self.configuration = configuration
    self.key = key
    self.eventLoop = eventLoop
    nodeID = .random()
    tracing = MessageTracing(tracer: configuration.tracer)
    var logger = configuration.logger
    logger[metadataKey: "client"] = "\(nodeID.short)"
    self.logger = logger
    engine = Mutex(
      ClientEngine(
        identity: nodeID, configuration: configuration.client, messaging: configuration.messaging,
        randomSeed: Sodium.randomUInt64()))
    let reference = DriverReference()
    self.reference = reference
    gate = MessageGate(configuration.messaging, randomSeed: Sodium.randomUInt64()) {
      eventLoop.execute { reference.driver?.messages.takeIntake() }
    }
    reference.driver = self
  }

  // MARK: From any task

  func read<Value: Sendable>(_ body: (borrowing ClientEngine) -> Value) -> Value { engine.withLock { body($0) } }

  /// Looks for a member. Returns nil when one has let the client in, else why none has; it would go on trying.
  func start(seeds: [SeedAddress]) async -> [JoinFailure]? {
    await withCheckedContinuation { continuation in
      eventLoop.execute { [self] in
        starter = continuation
        step { engine, now, outbox in engine.start(seeds: seeds, now: now, into: &outbox) }
      }
    }
  }

  /// Asks home for all members; returns when they are here, or when there is no home.
  func refresh() async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      eventLoop.execute { [self] in
        refreshers.append(continuation)
        step { engine, _, _ in engine.refresh() }
        settleWaiters()
      }
    }
  }

  /// Says goodbye, and closes every connection and timer. Nothing happens after it has returned.
  func close() async {
    try? await eventLoop.flatSubmit { [self] in
      guard !isClosed else { return eventLoop.makeSucceededVoidFuture() }
      messages.sayGoodbye()
      step { engine, _, outbox in engine.stop(into: &outbox) }
      isClosed = true
      timer?.cancel()
      timer = nil
      reference.driver = nil
      messages.stop()
      settleWaiters()
      for id in Array(streams.keys) { closeAfterWrites(id) }
      return .andAllComplete(closing.values.compactMap(\.closeFuture), on: eventLoop)
    }.get()
  }

  // MARK: Steps

  private func step(_ body: @escaping (inout ClientEngine, Instant, inout Outbox) -> Void) {
    guard !isClosed else { return }
    guard !isRunning else {
      let deferred = UncheckedSendable(body)
      eventLoop.execute { self.step(deferred.value) }
      return
    }
    let now = SystemClock.now().monotonic
    engine.withLock { body(&$0, now, &outbox) }
    carryOut(now: now)
  }

  private func carryOut(now: Instant) {
    isRunning = true
    for action in outbox.streamActions { perform(action) }
    for case .joinFailed(let failure) in outbox.events {
      logger.warning("no member there", metadata: ["reason": "\(failure.explanation)"])
    }
    let concernsMessages = !outbox.handovers.isEmpty
    if concernsMessages { messages.engineStepped(outbox) }
    outbox.removeAll()
    isRunning = false
    noteHome()
    if concernsMessages { messages.flush() }
    askHome()
    settleWaiters()
    schedule()
  }

  private func perform(_ action: Outbox.StreamAction) {
    switch action {
    case .dial(let id, let endpoint, let expected):
      transport.streamsDialled += 1
      connect(id, endpoint, expected: expected)
    case .write(let id, let range): outbox.withBytes(range) { streams[id]?.write($0) }
    case .close(let id): close(id)
    case .resolve(let id, let host, let port):
      HostResolver.resolve(host, port: port, on: eventLoop).whenSuccess { endpoints in
        self.step { engine, now, outbox in engine.resolved(id, endpoints: endpoints, now: now, into: &outbox) }
      }
    }
  }

  private func noteHome() {
    let home = read { $0.home }
    guard home != knownHome else { return }
    knownHome = home
    if let home {
      logger.info("a member has let this client in", metadata: ["node": "\(home.short)"])
    } else {
      logger.info("the member that told of the others does not answer; looking for another one")
    }
  }

  /// Sends the query that the engine has for home, if it has one.
  private func askHome() {
    guard let (query, home, patience) = engine.withLock({ $0.takeQuery() }) else { return }
    // In the lane that nobody's handlers hold back.
    let draft = MessageGate.Draft(
      kind: .request, peer: home, lane: .replies, name: Message.membersName, payload: query.bytes)
    Task { [self] in
      let answer = try? await gate.ask(draft, timeout: .nanoseconds(Int64(clamping: patience)))
      eventLoop.execute { [self] in
        step { engine, now, outbox in
          if let answer {
            engine.answered(answer.rawSpan, from: home, now: now, into: &outbox)
          } else {
            engine.unanswered(by: home, now: now, into: &outbox)
          }
        }
      }
    }
  }

  private func settleWaiters() {
    let (phase, isBetweenSearches, isRefreshing, failures) = read {
      ($0.phase, $0.isBetweenSearches, $0.isRefreshing, $0.failures)
    }
    if let starter, phase == .connected || phase == .stopped || isBetweenSearches {
      self.starter = nil
      starter.resume(returning: phase == .connected ? nil : failures)
    }
    if !isRefreshing || phase == .stopped {
      for refresher in refreshers { refresher.resume() }
      refreshers = []
    }
  }

  // MARK: Time

  private func schedule() {
    guard !isClosed, let deadline = read({ $0.nextDeadline }) else { return }
    if timer != nil, timerDeadline == deadline { return }
    timer?.cancel()
    timerDeadline = deadline
    let wait = deadline.since(SystemClock.now().monotonic)
    // Throws only when the loop is shut down, and this client with it.
    timer = try? eventLoop.scheduleCallback(in: .nanoseconds(Int64(clamping: wait)), handler: self)
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    // Another one may have been set after the loop had taken this one.
    timer?.cancel()
    timer = nil
    step { engine, now, outbox in engine.advance(to: now, into: &outbox) }
  }

  // MARK: What connections tell

  /// A client accepts none.
  func streamArrived(_ id: StreamID, from address: SocketAddress?) {}

  func streamConnected(_ id: StreamID) {}

  func streamOpened(_ connection: StreamConnection, peer: NodeID) {
    let id = connection.id
    step { engine, _, outbox in engine.streamOpened(id, peer: peer, into: &outbox) }
  }

  func streamReceived(_ id: StreamID, frame: [UInt8]) {
    step { engine, now, outbox in engine.streamReceived(id, frame: frame.rawSpan, now: now, into: &outbox) }
  }

  func streamEnded(_ id: StreamID, failure: StreamFailure) {
    guard streams.removeValue(forKey: id)?.isChannel != true else {
      messages.closed(id)
      return
    }
    step { engine, now, outbox in engine.streamClosed(id, failure: failure, now: now, into: &outbox) }
  }
}

/// What the messenger asks.
extension ClientDriver {
  var clusterID: String { configuration.clusterID }
  var messaging: MessagingConfiguration { configuration.messaging }
  var handlers: MessageHandlers { configuration.handlers }
  var isStandingStill: Bool { false }

  func mayBeSentTo(_ peer: NodeID) -> Bool { read { $0.mayBeSentTo(peer) } }

  /// What others publish is for members.
  func takesBroadcasts(from peer: NodeID) -> Bool { false }

  func ownEpoch(at now: Instant) -> UInt64? { nil }

  func livingPeers() -> [NodeID] { [] }

  func rosterPage(for query: RosterQuery) -> [UInt8]? { nil }

  func openChannel(to peer: NodeID) {
    step { engine, now, outbox in engine.openChannel(to: peer, now: now, into: &outbox) }
  }

  func close(_ id: StreamID) { closeAfterWrites(id) }

  /// A client has no clients.
  func clientGone(_ peer: NodeID) {}

  func publish(_ messaging: MessagingCounters, _ broadcasting: BroadcastCounters) {}
}
