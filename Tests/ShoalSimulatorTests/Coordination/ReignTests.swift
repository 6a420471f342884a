import ShoalCore
import ShoalSimulator
import Testing

/// Who coordinates a cluster, through whatever happens to it.
@Suite struct ReignTests {
  private func formed(
    _ count: Int, seed: UInt64 = 1, policy: CoordinatorPolicy = .oldest, network: NetworkConditions = .lan
  ) throws -> World {
    var configuration = CoreConfiguration.lan
    configuration.coordination.policy = policy
    let world = World(seed: seed, configuration: configuration, network: network)
    world.start(count)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    return world
  }

  @Test("a cluster that forms has one coordinator, known to all", arguments: [1, 2, 3, 20])
  func forms(count: Int) throws {
    let world = try formed(count)
    #expect(world.coordinators == ["node-0"])
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test(
    "when the coordinator crashes, half a second after it is held dead everybody follows the next",
    arguments: [2, 3, 5, 20])
  func crash(count: Int) throws {
    let world = try formed(count)
    world.run(for: .seconds(5))
    let before = try #require(world.coordinator(at: "node-1"))
    world.crash("node-0")
    try #require(world.run(until: { $0.everyone(holds: "node-0", as: .dead) }, limit: .seconds(60)) != nil)
    #expect(world.run(until: \.hasOneCoordinator, limit: .milliseconds(500)) != nil)
    let after = try #require(world.coordinator(at: "node-1"))
    #expect(after.epoch > before.epoch)
    #expect(after.reason == .died)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a coordinator that leaves is followed by another, which says why")
  func leaves() throws {
    let world = try formed(5)
    world.run(for: .seconds(2))
    world.leave("node-0")
    try #require(
      world.run(until: { !$0.admitted.contains("node-0") && $0.hasOneCoordinator }, limit: .seconds(5)) != nil)
    #expect(world.coordinator(at: "node-4")?.reason == .left)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a newcomer moves no coordinator that is the oldest")
  func newcomers() throws {
    let world = try formed(5)
    world.run(for: .seconds(2))
    let before = world.coordinator(at: "node-3")
    for number in 0..<5 { world.join("late-\(number)", through: ["node-0"]) }
    world.run(for: .seconds(10))
    #expect(world.hasOneCoordinator)
    #expect(world.coordinator(at: "late-4") == before)
  }

  @Test("a newcomer with the highest NodeID takes over where that is the policy, after the other has stood down")
  func takesOver() throws {
    let world = try formed(4, policy: .highestID)
    for number in 0..<6 { world.join("late-\(number)", through: ["node-0"]) }
    var most = 0
    let end = world.now + .seconds(10)
    world.run(
      until: { world in
        most = max(most, world.coordinators.count)
        return world.now >= end
      }, limit: .seconds(10))
    #expect(most == 1)
    #expect(world.hasOneCoordinator)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test(
    "in a split each side has one coordinator, and when it heals the older side's goes on under an epoch above both",
    arguments: [1, 2, 3] as [UInt64])
  func splits(seed: UInt64) throws {
    let world = try formed(7, seed: seed)
    world.run(for: .seconds(5))
    let far = ["node-4", "node-5", "node-6"]
    world.split(far)
    world.run(for: .seconds(60))
    #expect(world.coordinators.count == 2)
    let near = try #require(world.coordinator(at: "node-1"))
    let there = try #require(world.coordinator(at: "node-5"))
    #expect(near.name == "node-0")
    #expect(far.contains(there.name))
    #expect(there.epoch > near.epoch)
    var changesFar: [String] = []
    world.onEvent = { world, event in
      if event.kind == .coordinatorChanged, far.contains(event.node), event.node != there.name {
        changesFar.append(event.node)
      }
    }
    world.heal()
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    let after = try #require(world.coordinator(at: "node-5"))
    #expect(after.name == "node-0")
    #expect(after.epoch > there.epoch)
    #expect(after.reason == .merged)
    // One event at each who followed the other one.
    #expect(changesFar.sorted() == far.filter { $0 != there.name })
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("the view is asked about by the one it names alone, and only until it reigns")
  func traffic() throws {
    let world = try formed(10)
    world.run(for: .seconds(30))
    let asked = world.nodes.map { $0.engine.counters.coordinationQueriesSent }
    world.run(for: .seconds(60))
    let askedSince = world.nodes.map { $0.engine.counters.coordinationQueriesSent }
    #expect(askedSince == asked)
    #expect(asked.dropFirst().allSatisfy { $0 == 0 }, "\(asked)")
  }

  @Test("a coordinator that was paused and held dead returns without two reigning in the end")
  func paused() throws {
    let world = try formed(5)
    world.run(for: .seconds(5))
    world.pause("node-0")
    world.run(for: .seconds(40))
    let between = try #require(world.coordinator(at: "node-1"))
    #expect(between.name != "node-0")
    world.resume("node-0")
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(120)) != nil)
    #expect(try #require(world.coordinator(at: "node-1")).epoch > between.epoch)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }
}
