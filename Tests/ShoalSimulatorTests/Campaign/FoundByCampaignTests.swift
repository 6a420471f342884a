import ShoalSimulator
import Testing

/// What campaigns have found, each kept as the shortest story that shows it.
@Suite struct FoundByCampaignTests {
  @Test("a seed that moved to another address is none of those of which one stays")
  func movedSeed() {
    let scenario = Scenario(
      seed: 1, nodes: 6, seeds: 2,
      faults: [
        .at(.seconds(10), .restart("node-1", .elsewhere)), .at(.seconds(20), .leave("node-0")),
        .at(.seconds(30), .restart("node-3", .stale)),
      ])
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty)
    #expect(outcome.faults.moves == 1 && outcome.faults.leaves == 0)
  }
}
