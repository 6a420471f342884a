import ShoalCore
import ShoalSimulator
import Testing

@Suite struct DepartureTests {
  private func formed(_ count: Int, seed: UInt64 = 1, network: NetworkConditions = .lan) -> World {
    let world = World(seed: seed, network: network)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    return world
  }

  @Test("a crash is known everywhere", arguments: [2, 3, 5, 20], [World.CrashKind.process, .power])
  func crash(count: Int, kind: World.CrashKind) throws {
    let world = formed(count)
    world.crash("node-1", kind)
    #expect(world.run(until: { $0.everyone(holds: "node-1", as: .dead) }, limit: .seconds(60)) != nil)
    #expect(world.isOneView)
    let departure = try #require(world.departure(of: "node-1"))
    #expect(departure.knownAfter.count == count - 1)
    let firstDead = try #require(departure.firstDead)
    switch kind {
    case .power: #expect(try #require(departure.firstSuspected) < firstDead)
    // The refused port is proof enough: nobody needs to be asked.
    case .process: #expect(departure.firstSuspected.map { $0 < firstDead } ?? true)
    }
    #expect(world.violations.isEmpty)
  }

  @Test("a tenth of lost datagrams neither hides a crash nor kills anybody")
  func crashUnderLoss() {
    let world = formed(20, network: .lossy(percent: 10))
    world.crash("node-7")
    #expect(world.run(until: { $0.everyone(holds: "node-7", as: .dead) }, limit: .seconds(90)) != nil)
    world.run(for: .seconds(120))
    #expect(world.isOneView)
    #expect(world.admittedCount == 19)
    #expect(world.faults.falseDeaths == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a leave is known at once and never looks like a failure", arguments: [2, 3, 20])
  func leave(count: Int) throws {
    let world = formed(count)
    world.leave("node-1")
    #expect(world.run(until: { $0.everyone(holds: "node-1", as: .left) }, limit: .seconds(3)) != nil)
    world.run(for: .seconds(60))
    #expect(world.isOneView)
    let departure = try #require(world.departure(of: "node-1"))
    #expect(departure.firstSuspected == nil)
    #expect(departure.heldDeadBy == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a newcomer that leaves before it has the table leaves with it, and nobody holds it dead")
  func leaveEarly() throws {
    let world = formed(20)
    world.join("late", through: ["node-0"])
    #expect(world.run(until: { $0.members(at: "late").count == 2 }, limit: .seconds(5)) != nil)
    world.leave("late")
    // The only other one that it knows has other things to do.
    world.leave("node-0")
    #expect(world.members(at: "late").count == 2)
    #expect(world.run(until: { $0.everyone(holds: "late", as: .left) }, limit: .seconds(3)) != nil)
    world.run(for: .seconds(60))
    #expect(world.isOneView)
    let departure = try #require(world.departure(of: "late"))
    #expect(departure.firstSuspected == nil)
    #expect(departure.heldDeadBy == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a newcomer that never gets the table leaves all the same")
  func leaveWithoutTable() {
    let world = formed(3)
    world.join("late", through: ["node-0"])
    #expect(world.run(until: { $0.members(at: "late").count == 2 }, limit: .seconds(5)) != nil)
    world.crash("node-0", .power)
    world.leave("late")
    #expect(world.run(until: { $0.node(named: "late")?.engine.phase == .stopped }, limit: .seconds(3)) != nil)
    // It had nobody to tell, so that those who know of it find it dead.
    world.run(for: .seconds(60))
    #expect(world.isOneView)
  }

  @Test("a restart under the old name replaces its predecessor at once")
  func restart() throws {
    let world = formed(10)
    let old = try #require(world.node(named: "node-4"))
    world.restart("node-4")
    let new = try #require(world.node(named: "node-4"))
    #expect(old.id != new.id)
    #expect(world.run(until: \.isOneView, limit: .seconds(3)) != nil)
    for name in world.admitted {
      let observer = try #require(world.node(named: name))
      #expect(observer.engine.member(new.id)?.status == .alive)
      // The newcomer may never have heard of its predecessor.
      if let remembered = observer.engine.member(old.id) { #expect(remembered.status == .left) }
    }
    #expect(world.faults.deaths == 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a member that was found dead may start again under its name")
  func restartAfterDeath() {
    let world = formed(5)
    world.crash("node-2")
    world.run(until: { $0.everyone(holds: "node-2", as: .dead) }, limit: .seconds(60))
    world.restart("node-2")
    #expect(world.run(until: \.isOneView, limit: .seconds(5)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("tombstones are reaped, and the dead do not come back by it")
  func reaping() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(20)
    let world = World(seed: 5, configuration: configuration)
    world.start(8)
    world.run(for: .seconds(5))
    world.crash("node-3")
    world.leave("node-4")
    #expect(
      world.run(
        until: { $0.status(of: "node-3", at: "node-0") == nil && $0.status(of: "node-4", at: "node-0") == nil },
        limit: .seconds(120)) != nil)
    world.run(for: .seconds(60))
    #expect(world.isOneView)
    #expect(world.faults.reaps == 12)
    #expect(world.violations.isEmpty)
  }
}
