public import ShoalCore
import ShoalSecurity

/// Any number of nodes in virtual time, on one thread: the very engine that real nodes run, over a network that is drawn.
///
/// A world is a story. Its verbs happen at the present moment, and `run` lets time pass:
///
/// ```swift
/// let world = World(seed: 7)
/// world.start(20)
/// world.run(until: \.isOneView, limit: .seconds(30))
/// world.crash("node-3")
/// world.run(until: { $0.everyone(holds: "node-3", as: .dead) }, limit: .seconds(60))
/// ```
///
/// Whole stories are ordered beforehand as values: see `order(_:)` and `Fault`. Your own code is driven by `onEvent` and `after`.
///
/// The same seed and the same verbs give the same bytes: `traceHash` shows it. Checkers watch every event; what they find is in
/// `violations`.
public final class World {
  public let seed: UInt64
  let checks: Checks

  var clock = Clock.origin
  var queue = EventQueue()
  var network: Network
  var pool = PacketPool()
  var links = StreamLinkTable()
  var outbox = Outbox()
  var messengerOutbox = MessengerOutbox()
  var broadcastOutbox = BroadcastOutbox()
  /// Warm ones: carrying out what one messenger wants may ask another one.
  var spareMessengerOutboxes: [MessengerOutbox] = []
  var messageChecker = MessageChecker()
  var broadcastChecker = BroadcastChecker()
  var orderChecker = OrderChecker()
  var orderCalm = OrderCalm()
  /// What nodes send each other all the time; nil while they do not.
  var messageTraffic: MessageTraffic?
  private(set) var configuration: CoreConfiguration
  private var identities: PRNG
  var sealing: WorldSealing
  var forger: Forger
  /// Where a datagram is sealed before it is sent.
  var scratch: [UInt8] = []
  /// Where a datagram of a later version is written before it is sealed.
  var laterBytes: [UInt8] = []
  /// A rule of the engine that is broken on purpose, to see that checkers notice.
  let plantedBug: PlantedBug?
  /// The same, of every messenger.
  let plantedMessagingBug: MessagingBug?
  /// The same, of every broadcaster.
  let plantedBroadcastBug: BroadcastBug?
  /// The same, of total order at every node.
  let plantedOrderBug: OrderBug?
  /// The records that all nodes share.
  private let interner = RecordInterner()

  var machines: [Machine] = []
  /// Every process that ever ran, in the order of their start.
  package internal(set) var nodes: [VirtualNode] = []
  // Looked up, never iterated.
  var machineByName: [String: Int32] = [:]
  var nodeByID: [NodeID: Int32] = [:]

  var trace = Trace()
  package var log = EventLog()
  var safety = SafetyChecks()
  var tally = ViewTally()
  var seals = SealChecker()
  var departures: [Departure] = []
  /// Who coordinated under which epoch, with a quorum. Looked up, never iterated.
  var quorumEpochs: [UInt64: NodeID] = [:]
  // Looked up, never iterated.
  var departureOf: [Int32: Int] = [:]
  public internal(set) var faults = FaultCounts()
  /// What is measured; nil while nobody has asked for it.
  package var measurement: Measurement?
  /// What is kept over time, while pictures are wanted.
  package internal(set) var recorder: SeriesRecorder?

  /// Whose view is compared first at the next checkpoint.
  var nextChecked = 0

  /// Faults that were ordered, by their number.
  var scheduled: [ScheduledFault] = []
  /// Orders below this number do not come any more: everything was healed since.
  var ordersOver: Int32 = 0
  /// Faults that go on.
  var active: [ActiveFault] = []
  var forgeries: [ActiveForgery] = []
  var rotations: [ActiveRotation] = []
  private var nextFault = 0
  var lastDisturbance: Instant?
  /// When a split or cut last began or ended.
  var lastSplit: Instant?

  /// At least one of these stays a member: an ordered crash, restart or leave that would take the last one does nothing. Default
  /// none. Without a seed nobody could ever join again, which is no fault of the nodes.
  public var keepsOneOf: [String] = []
  /// Nodes of these names never coordinate. Counts for processes that start later.
  public var notEligible: Set<String> = []

  /// Whether processes that are started from now on keep what coordination must not forget on their machines. Default true.
  public var keepsState = true

  // MARK: The user's own code

  /// Called for each event of each node, between two steps of the world, in the order in which events were published. It may act on
  /// the world with any verb, but must not let time pass.
  public var onEvent: ((World, NodeEvent) -> Void)?
  var unobserved: [NodeEvent] = []
  private var actions: [(World) -> Void] = []

  /// Rises with everything that a view could show.
  var viewVersion: UInt64 = 0
  /// How many events have been handled: the work of this run.
  public private(set) var eventsHandled: UInt64 = 0

  /// What is watched while a world runs.
  public enum Checks: Sendable, Hashable {
    /// Every event, and every view once a second. Memory grows with the square of the nodes.
    case all
    /// Nothing, for large worlds and measurements.
    case off
  }

  /// How datagrams and streams are sealed.
  public enum Sealing: Sendable, Hashable, CaseIterable {
    /// By the very code of real nodes: seals, replay windows, challenges, handshakes. For small worlds.
    case real
    /// Not at all, but for the bytes that it costs and for what it lets through.
    case counted
  }

  /// How often conditions of `run(until:)` are looked at when no view changes.
  static let tick = Nanoseconds.milliseconds(100)
  static let checkpointInterval = Nanoseconds.seconds(1)
  /// The world counts as calm when nobody was paused or cut off for so long.
  static let calmAfter = Nanoseconds.seconds(60)

  /// - Parameters:
  ///   - seed: draws identities, latencies, losses and every node's own randomness.
  ///   - configuration: of every node that is started from now on. Must be valid.
  ///   - sealing: default `.counted`; campaigns use `.real`.
  public convenience init(
    seed: UInt64, configuration: CoreConfiguration = .lan, network conditions: NetworkConditions = .lan,
    checks: Checks = .all, sealing: Sealing = .counted
  ) {
    self.init(
      seed: seed, configuration: configuration, network: conditions, checks: checks, sealing: sealing, planted: nil,
      plantedInMessages: nil)
  }

  /// - Parameters:
  ///   - planted: a rule of every node's engine that is broken on purpose.
  ///   - plantedInMessages: the same, of every node's messenger.
  ///   - plantedInBroadcasts: the same, of every node's broadcaster.
  ///   - plantedInOrder: the same, of total order at every node.
  package init(
    seed: UInt64, configuration: CoreConfiguration, network conditions: NetworkConditions, checks: Checks,
    sealing: Sealing, planted: PlantedBug?, plantedInMessages: MessagingBug? = nil,
    plantedInBroadcasts: BroadcastBug? = nil, plantedInOrder: OrderBug? = nil
  ) {
    self.seed = seed
    self.configuration = configuration
    self.checks = checks
    plantedBug = planted
    plantedMessagingBug = plantedInMessages
    plantedBroadcastBug = plantedInBroadcasts
    plantedOrderBug = plantedInOrder
    network = Network(conditions, seed: StableHash.combine(seed, 1))
    identities = PRNG(seed: StableHash.combine(seed, 2))
    self.sealing = WorldSealing(sealing, seed: StableHash.combine(seed, 3))
    forger = Forger(seed: StableHash.combine(seed, 4))
    if checks == .all { queue.add(.checkpoint, at: clock + Self.checkpointInterval) }
  }

  // MARK: Getters

  /// Virtual time since the world began.
  public var now: Duration { Clock.elapsed(at: clock) }
  /// A hash over every byte that was delivered and every event that was published, with time and receiver.
  public var traceHash: UInt64 { trace.hash }
  /// What the checkers have found so far, first one first; at most 64 are kept.
  public var violations: [Violation] { safety.violations }
  public var conditions: NetworkConditions { network.conditions }

  // MARK: Time

  /// Lets `span` pass.
  public func run(for span: Duration) {
    tellObserver()
    let end = clock + Nanoseconds(span)
    while step(dueBy: end) {}
    clock = end
  }

  /// Lets time pass until `condition` holds, looked at whenever a view has changed and every 100 ms.
  ///
  /// - Returns: how long it took; nil when `limit` passed first.
  @discardableResult
  public func run(until condition: (World) -> Bool, limit: Duration) -> Duration? {
    tellObserver()
    let start = clock
    let end = clock + Nanoseconds(limit)
    if condition(self) { return .zero }
    while clock < end {
      let seen = viewVersion
      let nextLook = min(end, clock + Self.tick)
      var isStillGoing = true
      while viewVersion == seen, isStillGoing { isStillGoing = step(dueBy: nextLook) }
      if viewVersion == seen { clock = nextLook }
      if condition(self) { return .nanoseconds(Int64(clock.since(start))) }
    }
    return nil
  }

  /// Lets time pass until a moment since the world began; does nothing when it is over.
  public func run(to time: Duration) {
    if time > now { run(for: time - now) }
  }

  /// Has something done later, at its time, between two steps of the world.
  public func after(_ span: Duration, _ action: @escaping (World) -> Void) {
    queue.add(.action(Int32(actions.count)), at: clock + Nanoseconds(span))
    actions.append(action)
  }

  /// Handles the next event if it is due; false when there is none.
  private func step(dueBy limit: Instant) -> Bool {
    guard let (instant, event) = queue.popFirst(dueBy: limit) else { return false }
    clock = instant
    // Checkers are no part of the story.
    if case .checkpoint = event {} else { eventsHandled += 1 }
    handle(event)
    if !unobserved.isEmpty { tellObserver() }
    return true
  }

  /// Hands the user what was published since the last time.
  private func tellObserver() {
    while !unobserved.isEmpty {
      let events = unobserved
      unobserved.removeAll()
      for event in events { onEvent?(self, event) }
    }
  }

  func perform(_ action: Int32) {
    // Its place is kept, so that the numbers of the others stay.
    let body = actions[Int(action)]
    actions[Int(action)] = { _ in }
    body(self)
  }

  // MARK: Processes

  /// Starts a process on a machine; it does nothing before it is told to join.
  func launch(on machine: Int32) -> VirtualNode {
    let place = machines[Int(machine)]
    let identity = LocalIdentity(
      id: NodeID(drawnFrom: &identities), name: place.name, endpoint: place.endpoint, salt: identities.next(),
      metadata: place.metadata, versions: place.build.versions)
    var configuration = configuration
    if place.build == .plain { configuration.features = [] }
    if notEligible.contains(place.name) { configuration.coordination.isEligible = false }
    let node = VirtualNode(
      index: Int32(nodes.count), machine: machine, identity: identity, configuration: configuration,
      seed: identities.next(), interner: interner, memory: remembered(on: machine), clock: place.clock, at: clock)
    node.build = place.build
    node.keyGeneration = sealing.accepted.lowerBound
    node.sealed = sealing.makeSealed(identity.id, salt: identity.salt)
    node.engine.plantedBug = plantedBug
    node.messenger.plantedBug = plantedMessagingBug
    node.broadcaster.plantedBug = plantedBroadcastBug
    node.broadcaster.plantedOrderBug = plantedOrderBug
    nodes.append(node)
    nodeByID[node.id] = node.index
    orderCalm.disturb(at: clock)
    machines[Int(machine)].process = node.index
    machines[Int(machine)].isPowered = true
    if checks == .all { safety.addNode(hasQuorum: configuration.coordination.quorum != .none) }
    return node
  }

  /// What a new process finds in its state file.
  private func remembered(on machine: Int32) -> CoordinationMemory? {
    guard keepsState else { return nil }
    if machines[Int(machine)].memory == nil { machines[Int(machine)].memory = CoordinationMemory() }
    return machines[Int(machine)].memory
  }

  func drawSalt() -> UInt64 { identities.next() }

  func drawFaultID() -> FaultID {
    nextFault += 1
    return FaultID(raw: nextFault)
  }
}
