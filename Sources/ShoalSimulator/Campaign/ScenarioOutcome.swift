/// What one run of a scenario came to.
public struct ScenarioOutcome: Sendable, Hashable {
  public let seed: UInt64
  public let traceHash: UInt64
  public let eventsHandled: UInt64
  public let faults: FaultCounts
  /// How long after everything was healed there was one view; nil when there never was.
  public let healedAfter: Duration?
  public internal(set) var violations: [Violation]
  /// What the members concerned published last; empty when nothing was violated.
  public let lastEvents: [String]
}

extension Scenario {
  /// Plays the scenario twice and compares: the same seed must give the same bytes.
  public func run() -> ScenarioOutcome {
    var run = ScenarioRun(self)
    var outcome = run.play()
    var repetition = ScenarioRun(self)
    if let violation = DeterminismChecker.check(outcome, repetition.play()) { outcome.violations.append(violation) }
    return outcome
  }
}
