import ShoalCore
import ShoalSimulator
import Testing

@Suite struct CampaignTests {
  @Test("a campaign breaks no invariant, and its faults really happen")
  func campaign() {
    let report = Campaign(firstSeed: 1, count: 40).run()
    for failure in report.failures {
      Issue.record("shoal-bench campaign --seed \(failure.seed) --seeds 1: \(failure.violations)")
    }
    #expect(report.scenarios == 40)
    let faults = report.faults
    #expect(faults.crashes > 0 && faults.powerCuts > 0 && faults.restarts > 0 && faults.pauses > 0)
    #expect(faults.leaves > 0 && faults.updates > 0 && faults.splits > 0 && faults.packetsLost > 0)
    #expect(faults.suspicions > 0 && faults.recoveries > 0 && faults.deaths > 0 && faults.reaps > 0)
    #expect(faults.dialsFailed > 0 && faults.challenges > 0 && faults.packetsDuplicated > 0)
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
