import ArgumentParser
import ShoalSimulator

/// Many small clusters under drawn faults, each run made twice and checked.
struct CampaignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "campaign",
    abstract: "Draw scenarios of faults, play each twice, and check what must hold.",
    discussion: "Exits 1 at the first scenario that breaks an invariant, with the command that plays it again.")

  @Option(name: .customLong("seeds"), help: "How many scenarios to play.")
  var count: Int = 100

  @Option(name: .customLong("seed"), help: "The seed of the first scenario; the next ones follow.")
  var firstSeed: UInt64 = 1

  @Flag(help: "Go on after a failure, and list all at the end.")
  var keepGoing = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else { throw ValidationError("--seeds must be 1 to 1,000,000") }
  }

  func run() throws {
    let started = ContinuousClock().now
    let report = Campaign(firstSeed: firstSeed, count: count).run { report in
      Terminal.progress("\(report.scenarios) of \(count) scenarios, \(report.failures.count) failed")
      return keepGoing || report.failures.isEmpty
    }
    Terminal.endProgress()
    if let failure = report.failures.first { tell(failure) }
    summarise(report, took: ContinuousClock().now - started)
    guard report.failures.isEmpty else { throw ExitCode(1) }
  }

  /// One scenario in full: what was drawn, what broke, what led to it, and how to see it again.
  private func tell(_ failure: ScenarioOutcome) {
    print("Scenario \(failure.seed): \(Scenario(seed: failure.seed))")
    print("\nBroken:")
    for violation in failure.violations.prefix(10) { print("  \(violation)") }
    if failure.violations.count > 10 { print("  … and \(failure.violations.count - 10) more") }
    print("\nWhat the members concerned saw before the first of these:")
    for line in failure.lastEvents { print("  \(line)") }
    print("\nRun it again: shoal-bench campaign --seed \(failure.seed) --seeds 1\n")
  }

  private func summarise(_ report: CampaignReport, took elapsed: Duration) {
    print("\(report.scenarios) scenarios, each played twice, \(report.eventsHandled) events, in \(Text.time(elapsed))")
    print("What happened in them:")
    print(Table(rows: report.faults.all.map { [$0.name, "\($0.count)"] }).text)
    if let healing = report.healing {
      print(
        "One view after all faults had ended: half within \(Text.time(healing.half)), all within \(Text.time(healing.slowest))"
      )
    }
    if report.failures.isEmpty {
      print("No invariant was broken.")
    } else {
      let seeds = report.failures.map { "\($0.seed)" }.joined(separator: " ")
      print("\(report.failures.count) scenarios broke an invariant; seeds: \(seeds)")
    }
    print("Command: shoal-bench campaign --seed \(firstSeed) --seeds \(count)")
  }
}
