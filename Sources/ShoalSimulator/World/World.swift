public import ShoalCore

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
  private(set) var configuration: CoreConfiguration
  private var identities: PRNG

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
  var departures: [Departure] = []
  // Looked up, never iterated.
  var departureOf: [Int32: Int] = [:]
  public internal(set) var faults = FaultCounts()

  /// Whose view is compared first at the next checkpoint.
  var nextChecked = 0
  var isSplit = false
  var lastDisturbance: Instant?
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

  /// How often conditions of `run(until:)` are looked at when no view changes.
  static let tick = Nanoseconds.milliseconds(100)
  static let checkpointInterval = Nanoseconds.seconds(1)
  /// The world counts as calm when nobody was paused or cut off for so long.
  static let calmAfter = Nanoseconds.seconds(60)

  /// - Parameters:
  ///   - seed: draws identities, latencies, losses and every node's own randomness.
  ///   - configuration: of every node that is started from now on. Must be valid.
  public init(
    seed: UInt64, configuration: CoreConfiguration = .lan, network conditions: NetworkConditions = .lan,
    checks: Checks = .all
  ) {
    self.seed = seed
    self.configuration = configuration
    self.checks = checks
    network = Network(conditions, seed: StableHash.combine(seed, 1))
    identities = PRNG(seed: StableHash.combine(seed, 2))
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
    let end = clock + Nanoseconds(span)
    while step(dueBy: end) {}
    clock = end
  }

  /// Lets time pass until `condition` holds, looked at whenever a view has changed and every 100 ms.
  ///
  /// - Returns: how long it took; nil when `limit` passed first.
  @discardableResult
  public func run(until condition: (World) -> Bool, limit: Duration) -> Duration? {
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

  /// Handles the next event if it is due; false when there is none.
  private func step(dueBy limit: Instant) -> Bool {
    guard let (instant, event) = queue.popFirst(dueBy: limit) else { return false }
    clock = instant
    eventsHandled += 1
    handle(event)
    return true
  }

  // MARK: Processes

  /// Starts a process on a machine; it does nothing before it is told to join.
  func launch(on machine: Int32) -> VirtualNode {
    let place = machines[Int(machine)]
    let identity = LocalIdentity(
      id: NodeID(drawnFrom: &identities), name: place.name, endpoint: place.endpoint, salt: identities.next())
    let node = VirtualNode(
      index: Int32(nodes.count), machine: machine, identity: identity, configuration: configuration,
      seed: identities.next(), now: Clock.now(at: clock))
    nodes.append(node)
    nodeByID[node.id] = node.index
    machines[Int(machine)].process = node.index
    machines[Int(machine)].isPowered = true
    if checks == .all { safety.addNode() }
    return node
  }

  func drawSalt() -> UInt64 { identities.next() }
}
