import ShoalCore
import ShoalSimulator
import Testing

@Suite struct DisturbanceTests {
  @Test("a member that is paused for less than a suspicion takes refutes it on return")
  func pause() {
    let world = World(seed: 2)
    world.start(10)
    world.run(for: .seconds(10))
    world.pause("node-6")
    #expect(
      world.run(until: { $0.status(of: "node-6", at: "node-0") == .suspect }, limit: .seconds(15)) != nil)
    world.resume("node-6")
    #expect(world.run(until: { $0.everyone(holds: "node-6", as: .alive) }, limit: .seconds(5)) != nil)
    world.run(for: .seconds(30))
    #expect(world.isOneView)
    #expect(world.faults.deaths == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a member that was found dead during a pause comes back")
  func longPause() {
    let world = World(seed: 3)
    world.start(6)
    world.run(for: .seconds(5))
    world.pause("node-2")
    #expect(world.run(until: { $0.everyone(holds: "node-2", as: .dead) }, limit: .seconds(90)) != nil)
    world.resume("node-2")
    #expect(
      world.run(until: { $0.isOneView && $0.everyone(holds: "node-2", as: .alive) }, limit: .seconds(60)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("two halves of a split find each other again", arguments: [UInt64(1), 2, 3])
  func split(seed: UInt64) {
    let world = World(seed: seed)
    let names = world.start(10)
    world.run(for: .seconds(5))
    world.split(Array(names.suffix(4)))
    #expect(
      world.run(
        until: { world in world.distinctViews.now == 2 && world.members(at: "node-0").count == 6 },
        limit: .seconds(120)) != nil)
    world.heal()
    #expect(world.run(until: \.isOneView, limit: .seconds(120)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("two halves that have forgotten each other find each other by their seeds")
  func longSplit() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(10)
    let world = World(seed: 4, configuration: configuration)
    let names = world.start(8)
    world.run(for: .seconds(5))
    world.split(Array(names.suffix(3)))
    world.run(for: .seconds(150))
    #expect(world.status(of: "node-7", at: "node-0") == nil)
    world.heal()
    #expect(world.run(until: \.isOneView, limit: .seconds(120)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("a member may renew its salt and its tags while everybody talks to it")
  func ownChanges() {
    let world = World(seed: 5, network: .lossy(percent: 2))
    world.start(8)
    world.run(for: .seconds(5))
    world.renewSalt(of: "node-3")
    world.setTags(["zone": "b"], of: "node-4")
    #expect(world.run(until: \.isOneView, limit: .seconds(20)) != nil)
    #expect(world.members(at: "node-0").first { $0.name == "node-4" }?.tags == ["zone": "b"])
    world.run(for: .seconds(30))
    #expect(world.faults.deaths == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("what cannot happen does nothing and is not counted")
  func careless() {
    let world = World(seed: 6)
    world.start(2)
    world.run(for: .seconds(1))
    #expect(!world.crash("nobody"))
    #expect(!world.resume("node-1"))
    #expect(world.crash("node-1"))
    #expect(!world.crash("node-1"))
    #expect(!world.leave("node-1"))
    #expect(!world.pause("node-1"))
    #expect(world.faults.crashes == 1)
    #expect(world.faults.leaves == 0)
  }
}
