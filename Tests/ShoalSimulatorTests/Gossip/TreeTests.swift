import ShoalCore
import ShoalSimulator
import Testing

@Suite struct TreeTests {
  /// Nobody probes, so that nothing but trees carries news.
  private static var withoutProbes: CoreConfiguration {
    var configuration = CoreConfiguration.lan
    configuration.detection.probeInterval = .seconds(3_600)
    return configuration
  }

  private static func formed(
    _ count: Int, seed: UInt64, configuration: CoreConfiguration = withoutProbes, lossPercent: Int = 0
  ) -> World {
    let world = World(seed: seed, configuration: configuration, checks: .off)
    world.start(1)
    // One after the other, so that nothing is left to repair.
    for newcomer in 1..<count {
      world.join("node-\(newcomer)", through: ["node-0"])
      world.run(for: .milliseconds(300))
    }
    world.run(for: .seconds(5))
    world.change(to: .lossy(percent: lossPercent))
    return world
  }

  private static func copies(_ world: World) -> UInt64 {
    world.nodes.reduce(0) { $0 + $1.engine.counters.treeForwardsSent + $1.engine.counters.updatesSent }
  }

  @Test("an update reaches everybody within 10 ms, with one transmission for each", arguments: [2, 3, 9, 64, 200])
  func lossless(count: Int) {
    let world = Self.formed(count, seed: UInt64(count))
    #expect(world.isOneView)
    let before = Self.copies(world)
    world.setTags(["news": "1"], of: "node-\(count / 2)")
    let took = world.run(until: \.isOneView, limit: .seconds(10))
    world.run(for: .seconds(2))
    #expect(took.map { $0 <= .milliseconds(10) } == true)
    #expect(Self.copies(world) - before <= UInt64(count))
  }

  @Test("with a tenth of all datagrams lost it takes a tenth of a second and 1.5 transmissions", arguments: 1...3)
  func lossy(seed: UInt64) {
    let world = Self.formed(200, seed: seed, lossPercent: 10)
    let before = Self.copies(world)
    var slowest = Duration.zero
    for round in 0..<10 {
      world.setTags(["news": "\(round)"], of: "node-\(round * 19)")
      let took = world.run(until: \.isOneView, limit: .seconds(10))
      slowest = max(slowest, took ?? .seconds(100))
      world.run(for: .seconds(2))
    }
    #expect(slowest <= .milliseconds(300))
    #expect(Self.copies(world) - before <= 10 * 200 * 8 / 5)
  }

  @Test(
    "a quarter of all members have just fallen silent, and an update reaches nine in ten of the others within a second by trees alone",
    arguments: 1...4)
  func silentHeads(seed: UInt64) {
    let world = Self.formed(200, seed: seed)
    let knowing = Self.newsAmongSilence(in: world)
    world.run(for: .seconds(1))
    #expect(knowing(world) >= 135)
  }

  @Test(
    "a quarter of all members have just fallen silent: an update misses some of the others at first, and reaches all of them",
    arguments: 1...4)
  func silentHeadsRepaired(seed: UInt64) {
    let world = Self.formed(200, seed: seed, configuration: .lan)
    let knowing = Self.newsAmongSilence(in: world)
    world.run(for: .milliseconds(20))
    #expect(knowing(world) < 150, "nobody was missed")
    #expect(world.run(until: { knowing($0) == 150 }, limit: .seconds(10)) != nil)
  }

  /// Of two hundred members every fourth loses its power, and one of the others has news.
  ///
  /// - Returns: how many living members know them.
  private static func newsAmongSilence(in world: World) -> (World) -> Int {
    for victim in 0..<50 { world.crash("node-\(victim * 4)", .power) }
    world.setTags(["news": "1"], of: "node-1")
    let publisher = world.nodes[1].id
    return { world in
      world.nodes.count { $0.state == .running && $0.engine.member(publisher)?.tags == ["news": "1"] }
    }
  }

  @Test("twenty updates a second are gathered at a root: few trees, and everybody learns all of them")
  func busy() {
    let world = Self.formed(100, seed: 6, configuration: .lan)
    world.run(for: .seconds(10))
    func trees() -> UInt64 { world.nodes.reduce(0) { $0 + $1.engine.counters.treesStarted } }
    let before = trees()
    for round in 0..<200 {
      world.setTags(["news": "\(round)"], of: "node-\(round % 100)")
      world.run(for: .milliseconds(50))
    }
    #expect(trees() - before <= 60)
    #expect(world.run(until: \.isOneView, limit: .seconds(2)) != nil)
  }

  @Test("a member that leaves is known to have left everywhere before it stops")
  func farewell() {
    let world = Self.formed(64, seed: 7)
    world.leave("node-20")
    let took = world.run(until: { $0.everyone(holds: "node-20", as: .left) }, limit: .seconds(5))
    #expect(took.map { $0 <= .milliseconds(10) } == true)
  }
}
