import ShoalCore
import ShoalSimulator
import Testing

@Suite struct RepairTests {
  @Test("two halves of a split come back to one view within seconds", arguments: [3, 10, 100])
  func heals(count: Int) {
    let world = World(seed: UInt64(count), checks: count <= 10 ? .all : .off)
    world.start(count)
    _ = world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(10))
    world.split((0..<max(1, count * 3 / 10)).map { "node-\($0)" })
    world.run(for: .seconds(60))
    #expect(!world.isOneView)
    world.heal()
    let limit = Duration.seconds(count >= 100 ? 5 : 60)
    #expect(world.run(until: \.isOneView, limit: limit) != nil)
    #expect(world.violations.isEmpty)
    #expect(world.admittedCount == count)
  }

  @Test("a cluster that agrees compares nothing")
  func silence() {
    let world = World(seed: 4, checks: .off)
    world.start(64)
    _ = world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    func repairs() -> UInt64 { world.nodes.reduce(0) { $0 + $1.engine.counters.repairsStarted } }
    let before = repairs()
    world.run(for: .seconds(60))
    #expect(repairs() == before)
  }

  @Test("what a cut-off member has missed costs what it has missed, not a table")
  func smallDifference() {
    let world = World(seed: 5, checks: .off)
    world.start(200)
    _ = world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(20))
    world.split(["node-7"])
    world.setTags(["news": "1"], of: "node-50")
    world.run(for: .milliseconds(1_000))
    world.heal()
    let before = world.traffic(of: "node-7").bytes
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    // The table has 12 kB.
    #expect(world.traffic(of: "node-7").bytes - before < 6_000)
  }

  @Test("what a member of a large cluster has missed of a few comes in datagrams, without a stream")
  func largeCluster() {
    let world = World(seed: 6, checks: .off)
    world.start(1_000)
    _ = world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(20))
    world.split(["node-7"])
    // Ten buckets of four members each: their records do not fit in a datagram.
    for changed in 50..<60 { world.setTags(["news": "1"], of: "node-\(changed)") }
    world.run(for: .milliseconds(500))
    world.heal()
    #expect(!world.isOneView)
    func dialled() -> UInt64 { world.nodes.reduce(0) { $0 + $1.engine.counters.streamsOpened } }
    func compared() -> UInt64 { world.nodes.reduce(0) { $0 + $1.engine.counters.repairsServed } }
    let before = (dialled: dialled(), compared: compared())
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    #expect(compared() > before.compared)
    #expect(dialled() == before.dialled)
  }
}
