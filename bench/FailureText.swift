import ShoalSimulator

/// What a scenario that broke an invariant says for itself.
enum FailureText {
  private static let violationsShown = 10

  /// What broke, and what the members concerned had seen before.
  static func text(_ failure: ScenarioOutcome) -> String {
    var lines = ["Broken:"] + failure.violations.prefix(violationsShown).map { "  \($0)" }
    let others = failure.violations.count - violationsShown
    if others > 0 { lines.append("  … and \(others) more") }
    lines += ["", "What the members concerned saw before the first of these:"] + failure.lastEvents.map { "  \($0)" }
    return lines.joined(separator: "\n")
  }

  /// The command that plays the same scenarios.
  static func command(seed: UInt64, count: Int = 1, ticks: Int) -> String {
    "shoal-bench campaign --seeds \(count) --seed \(seed) --ticks \(ticks)"
  }
}
