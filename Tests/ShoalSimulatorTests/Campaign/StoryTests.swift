import ShoalSimulator
import Testing

@Suite struct StoryTests {
  @Test("a story tells each fault and what the members noticed, in the order of time")
  func story() throws {
    let scenario = Scenario(seed: 1, nodes: 5, faults: [.at(.seconds(10), .cutPower("node-3"))])
    let (outcome, story) = scenario.tell()
    #expect(outcome == scenario.run())
    let fault = try #require(story.firstIndex { $0.hasSuffix("10.000 s ▸ cut the power of node-3") })
    let death = try #require(story.firstIndex { $0.contains("held dead: node-3, seen by 4") })
    #expect(fault < death)
    #expect(story.contains { $0.hasSuffix("▸ everything heals") })
  }

  @Test("a drawn scenario can be played at another size, and seals are then only counted")
  func size() {
    #expect(Scenario(seed: 4, nodes: 100).nodeCount == 100)
    #expect(Scenario(seed: 4, nodes: 100).sealing == .counted)
    #expect((5...64).contains(Scenario(seed: 4).nodeCount))
    #expect(Scenario(seed: 4).sealing == .real)
  }
}
