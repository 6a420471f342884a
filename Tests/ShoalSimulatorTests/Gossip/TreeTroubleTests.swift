import ShoalCore
import ShoalSimulator
import Testing

@Suite struct TreeTroubleTests {
  private static func formed(_ count: Int, seed: UInt64) -> World {
    let world = World(seed: seed, checks: .off)
    world.startFormed(count)
    world.run(for: .seconds(4))
    return world
  }

  @Test("what is over the budget of trees goes by plain gossip, and everybody learns the last of it")
  func overBudget() {
    // Too few members for a root to gather.
    let world = Self.formed(8, seed: 1)
    for round in 0..<200 {
      world.setTags(["news": "\(round)"], of: "node-3")
      world.run(for: .milliseconds(5))
    }
    let counters = world.node(named: "node-3")?.engine.counters ?? Counters()
    #expect(counters.treesStarted <= 61)
    #expect(counters.gossipSent > 0)
    #expect(world.run(until: \.isOneView, limit: .seconds(5)) != nil)
    #expect(world.members(at: "node-0").first { $0.name == "node-3" }?.tags == ["news": "199"])
  }

  @Test("where half of all datagrams are lost, acknowledgements among them, everybody still learns within seconds")
  func heavyLoss() {
    let world = Self.formed(50, seed: 2)
    world.change(to: .lossy(percent: 50))
    world.setTags(["news": "1"], of: "node-3")
    func knowing() -> Int {
      world.nodes.count { $0.engine.member(world.nodes[3].id)?.tags == ["news": "1"] }
    }
    #expect(world.run(until: { _ in knowing() == 50 }, limit: .seconds(10)) != nil)
    #expect(world.nodes.contains { $0.engine.counters.treeForwardsRepeated > 0 })
  }

  @Test("where half a cluster is cut off, nobody sends news again and again to those who cannot answer")
  func cutOff() {
    let world = Self.formed(120, seed: 4)
    let before = world.nodes.map { $0.engine.counters }
    world.split((0..<60).map { "node-\($0)" })
    world.run(for: .seconds(5))
    let pairs = zip(world.nodes.map { $0.engine.counters }, before)
    let repeats = pairs.map { $0.treeForwardsRepeated - $1.treeForwardsRepeated }
    let others = zip(pairs, repeats).map { $0.0.treeForwardsSent - $0.1.treeForwardsSent - $1 }
    #expect(repeats.max() ?? 0 > 50)
    // What was saved up, what grows back, and one for each answer.
    #expect(zip(repeats, others).allSatisfy { $0 <= 50 + 5 * 5 + $1 })
  }

  @Test("a root that has died keeps nothing back: origins send trees of their own")
  func deadRoot() {
    let world = Self.formed(40, seed: 3)
    func update(_ round: Int) {
      world.setTags(["news": "\(round)"], of: "node-\(1 + round % 39)")
      world.run(for: .milliseconds(50))
    }
    for round in 0..<60 { update(round) }
    // Whoever has started most trees is the root.
    let root = world.nodes.max { $0.engine.counters.treesStarted < $1.engine.counters.treesStarted }
    guard let root else { return }
    world.crash(root.name, .power)
    let author = root.name == "node-5" ? "node-6" : "node-5"
    world.setTags(["last": "word"], of: author)
    guard let id = world.node(named: author)?.id else { return }
    func knowing() -> Int {
      world.nodes.count { $0.state == .running && $0.engine.member(id)?.tags == ["last": "word"] }
    }
    #expect(world.run(until: { _ in knowing() == 39 }, limit: .seconds(1)) != nil)
  }

  @Test("a member that missed a version takes the next one by repair, not as a change of what it has not got")
  func missedVersion() {
    let world = Self.formed(20, seed: 4)
    world.split(["node-7"])
    world.setTags(["news": "1"], of: "node-3")
    world.run(for: .milliseconds(600))
    world.heal()
    world.setTags(["news": "2"], of: "node-3")
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    #expect(world.members(at: "node-7").first { $0.name == "node-3" }?.tags == ["news": "2"])
    let skipped = world.node(named: "node-7")?.engine.counters.changesWithoutBase ?? 0
    #expect(skipped > 0)
  }

  @Test("two that have both missed something tell each other exactly that")
  func bothWays() {
    let world = Self.formed(50, seed: 5)
    world.split(["node-7"])
    world.setTags(["news": "there"], of: "node-3")
    world.setTags(["news": "here"], of: "node-7")
    world.run(for: .milliseconds(800))
    world.heal()
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    #expect(world.members(at: "node-7").first { $0.name == "node-3" }?.tags == ["news": "there"])
    #expect(world.members(at: "node-3").first { $0.name == "node-7" }?.tags == ["news": "here"])
  }
}
