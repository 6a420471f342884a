import ShoalCore

/// Plays one scenario: its faults, a healed phase with a deadline, and a quiet end.
struct ScenarioRun {
  let scenario: Scenario
  let world: World
  private var healedAfter: Duration?

  /// - Parameters:
  ///   - planted: a rule of every engine that is broken on purpose.
  ///   - plantedInMessages: the same, of every messenger.
  ///   - plantedInBroadcasts: the same, of every broadcaster.
  ///   - plantedInOrder: the same, of total order at every node.
  init(
    _ scenario: Scenario, checks: World.Checks, planted: PlantedBug?, plantedInMessages: MessagingBug? = nil,
    plantedInBroadcasts: BroadcastBug? = nil, plantedInOrder: OrderBug? = nil
  ) {
    self.scenario = scenario
    world = World(
      seed: scenario.seed, configuration: scenario.configuration, network: scenario.conditions, checks: checks,
      sealing: scenario.sealing, planted: planted, plantedInMessages: plantedInMessages,
      plantedInBroadcasts: plantedInBroadcasts, plantedInOrder: plantedInOrder)
  }

  mutating func play() -> ScenarioOutcome {
    world.keepsState = scenario.keepsState
    world.notEligible = Set(scenario.notEligible)
    world.keepsOneOf = (0..<scenario.seedCount).map { "node-\($0)" }
    world.order(scenario.faults)
    world.start(scenario.nodeCount, seeds: scenario.seedCount)
    if let messages = scenario.messages { world.sendMessages(messages, until: scenario.length) }
    world.run(to: scenario.length)
    world.healEverything()
    world.giveUpOnTheStranded()
    healedAfter = world.run(until: \.isOneView, limit: Scenario.healedLimit)
    let lifetime = scenario.configuration.membership.tombstoneLifetime
    let isReaped = lifetime <= Scenario.awaitedLifetime
    if healedAfter == nil { report(LivenessChecker.check(world)) }
    world.run(for: scenario.quietTime + (isReaped ? lifetime : .zero))
    // Nothing may come undone in a quiet time.
    if healedAfter != nil {
      report(LivenessChecker.check(world))
      report(LivenessChecker.checkMetadata(world))
      report(LivenessChecker.checkCoordinator(world))
    }
    if isReaped { report(LivenessChecker.checkReaped(world)) }
    report(world.checkMessages(areAllHealed: healedAfter != nil))
    return outcome(world.verify())
  }

  private func report(_ violations: [Violation]) {
    guard world.checks == .all else { return }
    for violation in violations { world.safety.report(violation) }
  }

  private func outcome(_ violations: [Violation]) -> ScenarioOutcome {
    ScenarioOutcome(
      seed: scenario.seed, traceHash: world.traceHash, eventsHandled: world.eventsHandled,
      virtualTime: world.now, faults: world.faults, healedAfter: healedAfter, violations: violations,
      lastEvents: violations.first.map { world.lastEvents(before: $0) } ?? [])
  }
}
