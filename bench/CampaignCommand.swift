import ArgumentParser
import Foundation
import ShoalSimulator
import Synchronization

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

  @Option(help: "How long faults go on in each scenario, in ticks of 100 ms of virtual time.")
  var ticks: Int = Scenario.defaultTicks

  @Option(help: "How many scenarios to play at once. Default: one for each processor.")
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Go on after a failure, and list all at the end.")
  var keepGoing = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else { throw ValidationError("--seeds must be 1 to 1,000,000") }
    guard (10...100_000).contains(ticks) else { throw ValidationError("--ticks must be 10 to 100,000") }
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be 1 to 256") }
  }

  func run() throws {
    if count == 1 {
      print("Scenario \(firstSeed): \(Scenario(seed: firstSeed, ticks: ticks))\n")
    }
    let started = ContinuousClock().now
    let progress = Mutex(CampaignProgress(total: count))
    let report = Campaign(firstSeed: firstSeed, count: count, ticks: ticks, jobs: jobs).run { report in
      progress.withLock { $0.show(report) }
      return keepGoing || report.failures.isEmpty
    }
    Terminal.endProgress()
    if let failure = report.failures.first { tell(failure) }
    summarise(report, took: ContinuousClock().now - started)
    guard report.failures.isEmpty, report.missing.isEmpty else { throw ExitCode(1) }
  }

  /// One scenario in full: what was drawn, what broke, what led to it, and how to see it again.
  private func tell(_ failure: ScenarioOutcome) {
    if count > 1 { print("Scenario \(failure.seed): \(Scenario(seed: failure.seed, ticks: ticks))\n") }
    print(FailureText.text(failure))
    print("\nRun it again: \(FailureText.command(seed: failure.seed, ticks: ticks))\n")
  }

  private func summarise(_ report: CampaignReport, took elapsed: Duration) {
    print(
      "\(report.scenarios) scenarios, each played twice, \(report.eventsHandled) events, "
        + "\(report.virtualTime.components.seconds) s of virtual time, in \(Text.time(elapsed))")
    print("What happened in them:")
    print(Table(rows: report.faults.all.map { [$0.name, "\($0.count)"] }).text)
    if let healing = report.healing {
      print(
        "One view after all faults had ended: half within \(Text.time(healing.half)), all within \(Text.time(healing.slowest))"
      )
    }
    if !report.missing.isEmpty {
      print(
        "[19 notVacuous] These hardly happened, so nothing was shown about them: \(report.missing.joined(separator: ", "))"
      )
    }
    if report.failures.isEmpty {
      print("No invariant was broken.")
    } else {
      let seeds = report.failures.map { "\($0.seed)" }.joined(separator: " ")
      print("\(report.failures.count) scenarios broke an invariant; seeds: \(seeds)")
    }
    print("Command: \(FailureText.command(seed: firstSeed, count: count, ticks: ticks))")
  }
}

/// How far a campaign has come, for whoever waits.
struct CampaignProgress {
  private let total: Int
  private let started = ContinuousClock().now
  private var line = ProgressLine()
  private var failuresTold = 0

  init(total: Int) { self.total = total }

  mutating func show(_ report: CampaignReport) {
    if report.failures.count > failuresTold, let latest = report.latestFailure {
      failuresTold = report.failures.count
      Terminal.note("seed \(latest.seed): \(latest.violations.first.map { "\($0)" } ?? "")")
    }
    let text = text(report)
    line.show(text)
  }

  private func text(_ report: CampaignReport) -> String {
    let elapsed = max(1, (ContinuousClock().now - started).components.seconds)
    let left = elapsed * Int64(total - report.scenarios) / Int64(max(1, report.scenarios))
    return
      "\(report.scenarios) of \(total) scenarios, \(report.failures.count) failed, "
      + "\(report.virtualTime.components.seconds / elapsed) scenario-seconds a second, \(left) s to go"
  }
}
