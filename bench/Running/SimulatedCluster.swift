import ShoalCore
import ShoalSimulator

/// One run's cluster in virtual time, with the steps that scenarios share.
package final class SimulatedCluster {
  let world: World
  let plan: BenchPlan
  /// Draws whom a scenario picks, apart from everything that the world draws.
  private var random: PRNG
  /// When recording began; nil while no picture was asked for.
  var recordingBegan: Duration?
  var recording = Recording()

  /// More nodes than this have no addresses that anybody tried, and no machine has the memory.
  static let nodeLimit = 100_000
  /// Up to so many nodes form by real joins; above, they start formed.
  private static let joiningNodes = 64
  private static let formLimit = Duration.seconds(300)

  init(_ plan: BenchPlan, seed: UInt64) {
    self.plan = plan
    world = World(seed: seed, configuration: plan.configuration, network: plan.conditions, checks: .off)
    if let fault = plan.networkFault { world.begin(fault) }
    random = PRNG(seed: StableHash.combine(seed, 0x62656E6368))
  }

  var nodes: Int { plan.nodes }

  /// One view of all nodes, whose periodic work is spread over time as in a cluster that has run for long.
  func form() throws(StepFailure) {
    let period = plan.configuration.detection.probeInterval
    if nodes > Self.joiningNodes {
      world.startFormed(nodes)
      world.run(for: period * 3)
    } else {
      world.start(nodes)
      try wait("one view", limit: Self.formLimit, until: \.isOneView)
      // What the joins have left to tell is told within this.
      world.run(for: period * 20)
    }
    world.run(for: drawDuration(below: period))
    // Under heavy loss somebody may be held dead right now, for a moment.
    if !world.isOneView { try wait("one view again", limit: Self.formLimit, until: \.isOneView) }
  }

  func wait(
    _ what: String, limit: Duration, until condition: (World) -> Bool
  ) throws(StepFailure) {
    guard world.run(until: condition, limit: limit) == nil else { return }
    throw StepFailure(
      sentence: "After \(Text.time(limit)) there was not yet \(what): \(world.admittedCount) members hold "
        + "\(world.distinctViews.now) different views.")
  }

  /// How long from now until all hold one view that then lasts for `calm`; nil when that does not happen within `limit`.
  func timeToLastingView(calm: Duration, limit: Duration) -> Duration? {
    let start = world.now
    var held: Duration?
    while world.now - start < limit + calm {
      if let since = held {
        let remaining = calm - (world.now - since)
        guard remaining > .zero, world.run(until: { !$0.isOneView }, limit: remaining) != nil else {
          return since - start
        }
        held = nil
      } else {
        guard world.run(until: \.isOneView, limit: limit) != nil else { return nil }
        held = world.now
      }
    }
    return nil
  }

  /// What was measured since `world.beginMeasuring()`.
  var measured: Measurement { world.measurement ?? Measurement() }

  func drawDuration(below limit: Duration) -> Duration {
    .nanoseconds(Int64(clamping: random.jitter(Nanoseconds(limit))))
  }

  /// One of the running members, but not the seed.
  func pickOne() -> String { pick(1).first ?? "node-0" }

  /// That many different running members, drawn, the seed never among them.
  func pick(_ count: Int, besides excluded: Set<String> = []) -> [String] {
    var candidates = world.admitted.filter { $0 != "node-0" && !excluded.contains($0) }
    random.shuffle(&candidates)
    return Array(candidates.prefix(count))
  }

  /// From now on what is held of these members is no false alarm.
  func afflict(_ names: [String]) {
    for name in names { if let node = world.node(named: name) { world.measurement?.afflicted.insert(node.index) } }
  }

  /// Begins to watch what is held of a member. Returns where `measured.members` has it.
  func watchMember(_ name: String) -> Int {
    guard let node = world.node(named: name) else { return 0 }
    return world.measurement?.watchMember(node.id, at: world.now) ?? 0
  }

  /// Lets a member publish an update whose spread is watched. Returns where `measured.updates` has it.
  func publishUpdate(at name: String, value: Int) -> Int {
    guard let node = world.node(named: name) else { return 0 }
    let place =
      world.measurement?.watchUpdate(
        about: node.id, incarnation: node.engine.myself.incarnation + 1, at: world.now) ?? 0
    world.setTags(["bench": "\(value)"], of: name)
    return place
  }
}
