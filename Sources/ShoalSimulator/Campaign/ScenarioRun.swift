import ShoalCore

/// Plays one scenario: its faults, a healed phase with a deadline, and a quiet end.
struct ScenarioRun {
  let scenario: Scenario
  let world: World
  private let seedNames: [String]
  private var healedAfter: Duration?

  init(_ scenario: Scenario) {
    self.scenario = scenario
    world = World(
      seed: scenario.seed, configuration: scenario.configuration, network: scenario.conditions, checks: .all)
    seedNames = (0..<scenario.seedCount).map { "node-\($0)" }
  }

  mutating func play() -> ScenarioOutcome {
    world.start(scenario.nodeCount, seeds: scenario.seedCount)
    for step in scenario.steps {
      if step.time > world.now { world.run(for: step.time - world.now) }
      perform(step.action)
    }
    healEverything()
    healedAfter = world.run(until: \.isOneView, limit: Scenario.healedLimit)
    checkLiveness()
    let lifetime = scenario.configuration.membership.tombstoneLifetime
    world.run(for: Scenario.quietTime + (lifetime <= .seconds(120) ? lifetime : .zero))
    if healedAfter != nil { checkLiveness() }
    return outcome(world.verify())
  }

  private func perform(_ action: Scenario.Action) {
    switch action {
    case .join(let name): world.join(name, through: seedNames)
    case .crash(let name): if mayGo(name) { world.crash(name) }
    case .cutPower(let name): if mayGo(name) { world.crash(name, .power) }
    case .restart(let name): if mayGo(name) { world.restart(name) }
    case .pause(let name): world.pause(name)
    case .resume(let name): world.resume(name)
    case .leave(let name): if mayGo(name) { world.leave(name) }
    case .setTags(let name): world.setTags(["since": "\(world.now.components.seconds)"], of: name)
    case .renewSalt(let name): world.renewSalt(of: name)
    case .split(let names): world.split(names)
    case .heal: world.heal()
    }
  }

  /// Whether another seed stays as a member: with no seed left, nobody could ever join again, which is no fault of the nodes.
  private func mayGo(_ name: String) -> Bool {
    seedNames.contains { seed in
      seed != name && world.node(named: seed)?.isAdmitted == true
    }
  }

  private func healEverything() {
    world.heal()
    world.change(to: .lan)
    for name in world.allNames { world.resume(name) }
  }

  /// After the deadline, and again after a quiet time, in which nothing may come undone.
  private func checkLiveness() {
    for violation in LivenessChecker.check(world) { world.safety.report(violation) }
  }

  private func outcome(_ violations: [Violation]) -> ScenarioOutcome {
    ScenarioOutcome(
      seed: scenario.seed, traceHash: world.traceHash, eventsHandled: world.eventsHandled, faults: world.faults,
      healedAfter: healedAfter, violations: violations,
      lastEvents: violations.first.map { world.lastEvents(before: $0) } ?? [])
  }
}
