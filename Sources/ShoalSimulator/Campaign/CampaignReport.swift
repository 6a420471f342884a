/// What a campaign came to so far.
public struct CampaignReport: Sendable {
  public private(set) var scenarios = 0
  public private(set) var eventsHandled: UInt64 = 0
  /// Virtual time that was played, each scenario once.
  public private(set) var virtualTime = Duration.zero
  /// What happened in all scenarios together: a campaign in which nothing happened shows nothing.
  public private(set) var faults = FaultCounts()
  /// Outcomes with at least one violation, by seed.
  public private(set) var failures: [ScenarioOutcome] = []
  /// The failure that was found last.
  public private(set) var latestFailure: ScenarioOutcome?
  private var healingTimes: [Duration] = []

  mutating func add(_ outcome: ScenarioOutcome) {
    scenarios += 1
    eventsHandled += outcome.eventsHandled
    virtualTime += outcome.virtualTime
    faults = faults + outcome.faults
    if let healedAfter = outcome.healedAfter { healingTimes.append(healedAfter) }
    guard !outcome.violations.isEmpty else { return }
    latestFailure = outcome
    let place = failures.firstIndex { $0.seed > outcome.seed } ?? failures.count
    failures.insert(outcome, at: place)
  }

  /// How long the healed phase took to one view: half of the scenarios, and the slowest; nil when none got there.
  public var healing: (half: Duration, slowest: Duration)? {
    let sorted = healingTimes.sorted()
    guard let slowest = sorted.last else { return nil }
    return (sorted[(sorted.count - 1) / 2], slowest)
  }

  /// What never happened although it should have; a campaign with such a gap has shown less than it seems.
  public var missing: [String] { faults.missing(in: scenarios) }
}
