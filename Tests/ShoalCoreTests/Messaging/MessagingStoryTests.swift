import ShoalCore
import Testing

@Suite("Stories of messages") struct MessagingStoryTests {
  @Test("whatever is cut, dies falsely, returns or restarts: order, completeness and outcomes hold")
  func stories() {
    var played = Sums()
    for seed in UInt64(1)...60 {
      let world = MessagingStory(seed: seed).play()
      for finding in world.ledger.findings { Issue.record("MessagingStory(seed: \(seed)): \(finding)") }
      played.add(world)
    }
    // Nothing of this is worth anything unless it happened.
    #expect(played.cuts > 50 && played.halfOpen > 10 && played.falseDeaths > 20 && played.restarts > 10)
    #expect(played.splits > 10 && played.crossedDials > 50 && played.breaks > 50)
    #expect(played.delivered > 10_000 && played.unknown > 50 && played.notDelivered > 100)
  }

  @Test("each planted bug is found within twelve seeds", arguments: MessagingBug.allCases)
  func plantedBugs(bug: MessagingBug) {
    let found = (UInt64(1)...12).first { seed in
      !MessagingStory(seed: seed, planted: bug).play().ledger.findings.isEmpty
    }
    #expect(found != nil, "no story of seeds 1 to 12 shows \(bug)")
  }

  @Test("the same seed plays the same story")
  func determinism() {
    func counters() -> [MessagingCounters] {
      MessagingStory(seed: 3).play().nodes.map { node in node.messenger.counters }
    }
    let first = counters()
    let second = counters()
    #expect(first == second)
  }

  private struct Sums {
    var cuts = 0
    var halfOpen = 0
    var falseDeaths = 0
    var restarts = 0
    var splits = 0
    var crossedDials = 0
    var breaks = 0
    var delivered = 0
    var unknown = 0
    var notDelivered = 0

    mutating func add(_ world: MessagingWorld) {
      cuts += world.counts.cuts
      halfOpen += world.counts.halfOpen
      falseDeaths += world.counts.falseDeaths
      restarts += world.counts.restarts
      splits += world.counts.splits
      crossedDials += world.counts.crossedDials
      breaks += world.ledger.breakCount
      delivered += world.ledger.outcomes[.delivered] ?? 0
      unknown += world.ledger.outcomes[.unknown] ?? 0
      notDelivered += world.ledger.outcomes[.notDelivered] ?? 0
    }
  }
}
