import ShoalCore
import ShoalSimulator
import Testing

@Suite struct CampaignTests {
  @Test("a campaign breaks no invariant, and its faults really happen")
  func campaign() {
    let report = Campaign(firstSeed: 1, count: 80, ticks: 300, jobs: 2).run()
    for failure in report.failures {
      Issue.record("shoal-bench campaign --seeds 1 --seed \(failure.seed) --ticks 300: \(failure.violations)")
    }
    #expect(report.scenarios == 80)
    let faults = report.faults
    #expect(faults.crashes > 0 && faults.powerCuts > 0 && faults.restarts > 0 && faults.pauses > 0)
    #expect(faults.leaves > 0 && faults.updates > 0 && faults.splits > 0 && faults.packetsLost > 0)
    #expect(faults.suspicions > 0 && faults.recoveries > 0 && faults.deaths > 0 && faults.reaps > 0)
    #expect(faults.dialsFailed > 0 && faults.challenges > 0 && faults.packetsDuplicated > 0)
    #expect(faults.stalls > 0 && faults.packetsForged > 0 && faults.packetsRefused > 0)
  }

  @Test("the report does not depend on how many scenarios are played at once")
  func jobs() {
    let one = Campaign(firstSeed: 50, count: 6, ticks: 100, jobs: 1).run()
    let many = Campaign(firstSeed: 50, count: 6, ticks: 100, jobs: 3).run()
    #expect(one.faults == many.faults)
    #expect(one.eventsHandled == many.eventsHandled)
  }

  @Test("a campaign in which faults did not happen is called vacuous, unless it is too small to tell")
  func vacuous() {
    #expect(FaultCounts().missing(in: 10).isEmpty)
    #expect(FaultCounts().missing(in: 4_096).contains("crashes"))
  }

  @Test("a written scenario is played, healed and checked")
  func written() {
    let scenario = Scenario(
      seed: 1, nodes: 6,
      faults: [
        .at(.seconds(10), .crash("node-3")), .from(.seconds(12), for: .seconds(5), .loss(.all, percent: 30)),
        .from(.seconds(20), for: .seconds(30), .cut(.from("node-1", to: "node-2"))),
      ])
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty)
    #expect(outcome.faults.crashes == 1 && outcome.faults.cuts == 1)
    #expect(outcome.healedAfter != nil)
  }

  @Test("a seed always draws the same scenario, another seed another one")
  func drawing() {
    #expect(Scenario(seed: 5) == Scenario(seed: 5))
    #expect(Scenario(seed: 5) != Scenario(seed: 6))
  }

  @Test("two runs that differ are found")
  func determinism() {
    let first = Scenario(seed: 2).run()
    let second = Scenario(seed: 3).run()
    #expect(DeterminismChecker.check(first, first) == nil)
    #expect(DeterminismChecker.check(first, second)?.invariant == .determinism)
  }
}
