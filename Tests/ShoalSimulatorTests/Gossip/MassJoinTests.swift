import ShoalCore
import ShoalSimulator
import Testing

@Suite struct MassJoinTests {
  private static func redirects(_ world: World) -> UInt64 {
    world.nodes.reduce(0) { $0 + $1.engine.counters.joinsRedirected }
  }

  @Test(
    "three hundred nodes that join through one seed at once are one view within seconds, at little cost to the seed")
  func mass() {
    let world = World(seed: 1, checks: .off)
    world.start(300)
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 300 }, limit: .seconds(4)) != nil)
    #expect(Self.redirects(world) > 100)
    #expect(world.traffic(of: "node-0").bytes < 300 * 800)
    let most = world.nodes.map { world.traffic(of: $0.name).bytes }.max() ?? 0
    // The table has 20 kB, and nobody serves it to many.
    #expect(most < 700_000)
  }

  @Test("a hundred that join at once wait no longer than so few need: one view after 0.3 s", arguments: 1...3)
  func small(seed: UInt64) {
    let world = World(seed: seed, checks: .off)
    world.start(100)
    let time = world.run(until: \.isOneView, limit: .seconds(60))
    #expect(time.map { $0 < .milliseconds(300) } == true, "\(String(describing: time))")
  }

  @Test(
    "newcomers that miss each other find out as soon as the last has come: three hundred have one view after 1 s",
    arguments: 1...6)
  func burst(seed: UInt64) {
    let world = World(seed: seed, checks: .off)
    world.start(300)
    let time = world.run(until: \.isOneView, limit: .seconds(60))
    #expect(time.map { $0 < .seconds(1) } == true, "\(String(describing: time))")
  }

  @Test("a mass join ends although one datagram in ten is lost", arguments: 1...3)
  func lossy(seed: UInt64) {
    let world = World(seed: seed, network: .lossy(percent: 10), checks: .off)
    world.start(100)
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 100 }, limit: .seconds(15)) != nil)
  }

  @Test("newcomers that are sent to members that no longer answer find others")
  func unreachableTargets() {
    let world = World(seed: 3, checks: .off)
    world.start(30)
    _ = world.run(until: \.isOneView, limit: .seconds(30))
    world.run(for: .seconds(2))
    for victim in 1..<16 { world.crash("node-\(victim)", .power) }
    for newcomer in 0..<40 { world.join("late-\(newcomer)", through: ["node-0"]) }
    #expect(world.run(until: { $0.admittedCount == 15 + 40 }, limit: .seconds(20)) != nil)
    #expect(Self.redirects(world) > 0)
    #expect(world.run(until: \.isOneView, limit: .seconds(20)) != nil)
  }

  @Test(
    "newcomers that one member cannot let in all at once are left together to another one, which announces them together"
  )
  func oneAnnouncement() {
    let world = World(seed: 6, checks: .off)
    world.start(60)
    _ = world.run(until: \.isOneView, limit: .seconds(30))
    world.run(for: .seconds(3))
    func admitted() -> [UInt64] { world.nodes.prefix(60).map { $0.engine.counters.joinsAdmitted } }
    let before = admitted()
    for newcomer in 0..<12 { world.join("late-\(newcomer)", through: ["node-0"]) }
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 72 }, limit: .seconds(10)) != nil)
    let numbers = zip(before, admitted()).map { $1 - $0 }.filter { $0 > 0 }
    // Whoever is drawn may have let in others a moment ago, and leaves them to somebody else in turn.
    #expect(numbers.count <= 2)
    #expect(world.node(named: "node-0").map { $0.engine.counters.joinsAdmitted } == before[0])
  }

  @Test("without redirects and batches the seed admits everybody by itself")
  func switchedOff() {
    var configuration = CoreConfiguration.lan
    configuration.features.subtract([.joinRedirect, .batchedAnnouncements])
    let world = World(seed: 4, configuration: configuration, checks: .off)
    world.start(30)
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 30 }, limit: .seconds(30)) != nil)
    #expect(Self.redirects(world) == 0)
    #expect(world.node(named: "node-0")?.engine.counters.joinsAdmitted == 29)
  }

  @Test("plain SWIM sends no trees, no digests and nobody on")
  func classic() {
    let world = World(seed: 5, configuration: .classic, checks: .off)
    world.start(30)
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 30 }, limit: .seconds(60)) != nil)
    world.setTags(["news": "1"], of: "node-7")
    #expect(world.run(until: \.isOneView, limit: .seconds(30)) != nil)
    for node in world.nodes {
      let counters = node.engine.counters
      #expect(counters.treesStarted + counters.treeForwardsSent + counters.joinsRedirected == 0)
    }
  }
}
