import ShoalCore
import ShoalSimulator
import Testing

/// What operators do to a cluster, and what all make of it.
@Suite struct OperationStoryTests {
  private func formed(
    _ count: Int, configuration: CoreConfiguration = .lan, notEligible: Set<String> = []
  ) throws -> World {
    let world = World(seed: 1, configuration: configuration, sealing: .real)
    world.notEligible = notEligible
    world.start(count)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    world.run(for: .seconds(5))
    return world
  }

  // MARK: Coordination

  @Test("members that are not eligible are passed over, and follow")
  func notEligible() throws {
    let world = try formed(5, notEligible: ["node-0", "node-1"])
    let coordinator = try #require(world.coordinators.first)
    #expect(!["node-0", "node-1"].contains(coordinator))
    #expect(world.coordinator(at: "node-0")?.name == coordinator)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("where nobody is eligible nobody coordinates, and all agree on that")
  func nobody() throws {
    let world = try formed(3, notEligible: ["node-0", "node-1", "node-2"])
    #expect(world.coordinators.isEmpty)
    #expect(world.nodes.allSatisfy { world.coordinationState(at: $0.name) == .noneEligible })
  }

  @Test("a drained coordinator is followed by another for that reason, and takes over again when it is undrained")
  func drains() throws {
    let world = try formed(5)
    let before = try #require(world.coordinator(at: "node-4"))
    #expect(world.drain("node-0"))
    try #require(world.run(until: { $0.hasOneCoordinator && $0.coordinators != ["node-0"] }, limit: .seconds(2)) != nil)
    let next = try #require(world.coordinator(at: "node-4"))
    #expect(next.reason == .drained)
    #expect(next.epoch > before.epoch)
    #expect(world.members(at: "node-4").first { $0.name == "node-0" }?.flags == .draining)
    world.run(for: .seconds(30))
    #expect(world.coordinators == [next.name])
    #expect(world.undrain("node-0"))
    #expect(world.run(until: { $0.hasOneCoordinator && $0.coordinators == ["node-0"] }, limit: .seconds(5)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("when everybody is drained nobody coordinates, until one is undrained")
  func allDrained() throws {
    let world = try formed(4)
    world.begin(.drain(.everyone, timeout: .seconds(30)))
    #expect(
      world.run(
        until: { world in
          world.nodes.allSatisfy {
            world.coordinationState(at: $0.name) == .noneEligible && $0.engine.coordinator == nil
          }
        }, limit: .seconds(5)) != nil)
    world.undrain("node-2")
    #expect(world.run(until: { $0.hasOneCoordinator && $0.coordinators == ["node-2"] }, limit: .seconds(5)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("after an abdication the next one reigns, and the one that abdicated when that reign is over")
  func abdicates() throws {
    let world = try formed(5)
    #expect(!world.abdicate("node-1"))
    #expect(world.abdicate("node-0"))
    try #require(world.run(until: { $0.hasOneCoordinator && $0.coordinators != ["node-0"] }, limit: .seconds(2)) != nil)
    let next = try #require(world.coordinator(at: "node-0"))
    #expect(next.reason == .abdicated)
    world.run(for: .seconds(60))
    #expect(world.coordinators == [next.name])
    world.leave(next.name)
    #expect(world.run(until: { $0.hasOneCoordinator && $0.coordinators == ["node-0"] }, limit: .seconds(5)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a new reign is forced from any node, and names the same member again", arguments: ["node-0", "node-3"])
  func elects(name: String) throws {
    let world = try formed(5)
    let before = try #require(world.coordinator(at: "node-4"))
    #expect(world.elect(at: name))
    let isNew = world.run(
      until: { world in world.hasOneCoordinator && world.coordinator(at: "node-4") != before }, limit: .seconds(2))
    #expect(isNew != nil)
    let after = try #require(world.coordinator(at: "node-4"))
    #expect(after.name == "node-0" && after.epoch > before.epoch && after.reason == .forced)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a new reign is forced where a third of all packets is lost")
  func electsWithLoss() throws {
    let world = try formed(5)
    let before = try #require(world.coordinator(at: "node-4"))
    world.begin(.loss(.all, percent: 30))
    world.elect(at: "node-3")
    #expect(
      world.run(until: { $0.coordinator(at: "node-3")?.reason == .forced }, limit: .seconds(10)) != nil)
    #expect((world.coordinator(at: "node-3")?.epoch ?? 0) > before.epoch)
  }

  @Test("new reigns that all ask for at once, again and again, come at one a second at most")
  func flood() throws {
    let world = try formed(8)
    let before = world.faults.reignsForced
    for _ in 0..<50 {
      world.begin(.elect(.everyone))
      world.run(for: .milliseconds(100))
    }
    world.run(for: .seconds(6))
    #expect((1...10).contains(world.faults.reignsForced - before))
    #expect(world.hasOneCoordinator)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  // MARK: Eviction

  @Test("an evicted member has left everywhere, for that reason, and stops", arguments: ["node-3", "node-0"])
  func evicts(name: String) throws {
    let world = try formed(5)
    let id = try #require(world.node(named: name)?.id)
    #expect(world.evict(name, by: "node-1"))
    #expect(world.run(until: { $0.everyone(holds: name, as: .left) && $0.isOneView }, limit: .seconds(2)) != nil)
    #expect(world.run(until: { $0.node(named: name)?.engine.phase == .stopped }, limit: .seconds(2)) != nil)
    #expect(world.nodes.allSatisfy { !$0.isAdmitted || $0.engine.member(id)?.leaveReason == .evicted })
    world.run(for: .seconds(10))
    #expect(world.faults.suspicions == 0 && world.faults.deaths == 0 && world.faults.evictionsHeard == 1)
    #expect(world.hasOneCoordinator && world.admittedCount == 4)
    // It is no ban.
    world.restart(name, .fresh)
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 5 }, limit: .seconds(10)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a paused, a suspect and a dead member are evicted as well, and stop when they go on", arguments: [1, 5, 40])
  func silent(seconds: Int) throws {
    let world = try formed(5)
    world.pause("node-3")
    world.run(for: .seconds(seconds))
    #expect(world.evict("node-3", by: "node-1"))
    #expect(world.run(until: { $0.everyone(holds: "node-3", as: .left) }, limit: .seconds(5)) != nil)
    world.resume("node-3")
    #expect(world.run(until: { $0.node(named: "node-3")?.engine.phase == .stopped }, limit: .seconds(20)) != nil)
    #expect(world.run(until: \.isOneView, limit: .seconds(5)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test(
    "one that is evicted while it is cut off stops when it returns, also when its tombstone is gone by then",
    arguments: [(60, 3), (200, 3), (200, 4)])
  func cutOff(seconds: Int, subject: Int) throws {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(60)
    let world = try formed(5, configuration: configuration)
    let name = "node-\(subject)"
    let id = try #require(world.node(named: name)?.id)
    world.split([name])
    world.run(for: .seconds(3))
    #expect(world.evict(name, by: "node-1"))
    // Those who come meanwhile have never heard of it.
    world.join("late-0", through: ["node-0"])
    world.run(for: .seconds(seconds))
    #expect(world.node(named: name)?.isAdmitted == true)
    world.heal()
    #expect(world.run(until: { $0.node(named: name)?.engine.phase == .stopped }, limit: .seconds(120)) != nil)
    #expect(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    #expect(world.nodes.allSatisfy { !$0.isAdmitted || $0.engine.member(id)?.status.isLiving != true })
    #expect(world.verify().isEmpty, "\(world.violations)")
  }
}
