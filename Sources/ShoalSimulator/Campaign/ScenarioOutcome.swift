package import ShoalCore

/// What one run of a scenario came to.
public struct ScenarioOutcome: Sendable, Hashable {
  public let seed: UInt64
  public let traceHash: UInt64
  public let eventsHandled: UInt64
  /// How long the scenario took, in virtual time.
  public let virtualTime: Duration
  public let faults: FaultCounts
  /// How long after everything was healed there was one view; nil when there never was.
  public let healedAfter: Duration?
  public internal(set) var violations: [Violation]
  /// What the members concerned published last; empty when nothing was violated.
  public let lastEvents: [String]
}

extension Scenario {
  /// Plays the scenario twice and compares: the same seed must give the same bytes. The second time nobody watches, so that the
  /// comparison also shows that checkers change nothing.
  public func run() -> ScenarioOutcome { run(planted: nil) }

  /// Plays it as `run` does, and also tells what happened: lines for a person, in the order of time.
  public func tell() -> (outcome: ScenarioOutcome, story: [String]) {
    var run = ScenarioRun(self, checks: .all, planted: nil)
    let storyteller = Storyteller()
    run.world.onEvent = { _, event in storyteller.hear(event) }
    var outcome = run.play()
    var repetition = ScenarioRun(self, checks: .off, planted: nil)
    if let violation = DeterminismChecker.check(outcome, repetition.play()) { outcome.violations.append(violation) }
    return (outcome, storyteller.story(of: self, outcome: outcome))
  }

  /// - Parameters:
  ///   - planted: a rule of every engine that is broken on purpose.
  ///   - plantedInMessages: the same, of every messenger.
  ///   - plantedInBroadcasts: the same, of every broadcaster.
  ///   - plantedInOrder: the same, of total order at every node.
  package func run(
    planted: PlantedBug?, plantedInMessages: MessagingBug? = nil, plantedInBroadcasts: BroadcastBug? = nil,
    plantedInOrder: OrderBug? = nil
  ) -> ScenarioOutcome {
    func make(_ checks: World.Checks) -> ScenarioRun {
      ScenarioRun(
        self, checks: checks, planted: planted, plantedInMessages: plantedInMessages,
        plantedInBroadcasts: plantedInBroadcasts, plantedInOrder: plantedInOrder)
    }
    var run = make(.all)
    var outcome = run.play()
    var repetition = make(.off)
    if let violation = DeterminismChecker.check(outcome, repetition.play()) { outcome.violations.append(violation) }
    return outcome
  }
}
