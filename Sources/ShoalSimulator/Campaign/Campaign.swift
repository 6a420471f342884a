/// Many scenarios, one for each seed.
public struct Campaign: Sendable {
  public let firstSeed: UInt64
  public let count: Int

  public init(firstSeed: UInt64, count: Int) {
    self.firstSeed = firstSeed
    self.count = count
  }

  /// Runs all scenarios, one after the other.
  ///
  /// - Parameter progress: called after each scenario; return false to stop early.
  public func run(progress: (CampaignReport) -> Bool = { _ in true }) -> CampaignReport {
    var report = CampaignReport()
    for offset in 0..<count {
      report.add(Scenario(seed: firstSeed &+ UInt64(offset)).run())
      guard progress(report) else { break }
    }
    return report
  }
}

/// What a campaign came to so far.
public struct CampaignReport: Sendable {
  public private(set) var scenarios = 0
  public private(set) var eventsHandled: UInt64 = 0
  /// What happened in all scenarios together: a campaign in which nothing happened shows nothing.
  public private(set) var faults = FaultCounts()
  /// Outcomes with at least one violation.
  public private(set) var failures: [ScenarioOutcome] = []
  private var healingTimes: [Duration] = []

  mutating func add(_ outcome: ScenarioOutcome) {
    scenarios += 1
    eventsHandled += outcome.eventsHandled
    faults = faults + outcome.faults
    if let healedAfter = outcome.healedAfter { healingTimes.append(healedAfter) }
    if !outcome.violations.isEmpty { failures.append(outcome) }
  }

  /// How long the healed phase took to one view: half of the scenarios, and the slowest; nil when none got there.
  public var healing: (half: Duration, slowest: Duration)? {
    let sorted = healingTimes.sorted()
    guard let slowest = sorted.last else { return nil }
    return (sorted[(sorted.count - 1) / 2], slowest)
  }
}
