import ShoalCore
import ShoalSimulator
import Testing

@Suite struct ProcessFaultTests {
  private func formed(_ count: Int, seed: UInt64 = 1, sealing: World.Sealing = .real) -> World {
    let world = World(seed: seed, sealing: sealing)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    return world
  }

  private func heals(_ world: World) -> Bool {
    world.healEverything()
    return world.run(until: \.isOneView, limit: .seconds(120)) != nil
  }

  @Test("each fault of a process happens, ends, and leaves one view behind", arguments: World.Sealing.allCases)
  func each(sealing: World.Sealing) {
    let faults: [Fault] = [
      .pause("node-1"), .freeze("node-2"), .blockIO("node-3"), .starve("node-4"),
      .slow("node-5", by: .milliseconds(120)),
      .clockRate("node-1", perMillion: 50_000), .clockRate("node-2", perMillion: -50_000),
      .jumpWallClock("node-3", by: .seconds(3_600)), .jumpWallClock("node-4", by: .seconds(-3_600)),
      .crash("node-5"), .cutPower("node-4"), .restart("node-3", .stale), .restart("node-2", .fresh),
      .restart("node-1", .elsewhere), .join(["a", "b", "c"], through: ["node-0"]), .leave(["a", "b"]),
      .changeTags("node-0"), .changeMetadata("node-0", bytes: 700), .renewSalt("node-0"),
      .smallBuffers("node-1", bytes: 2_000),
      .upgrade("node-5", to: .later), .upgrade("node-4", to: .plain), .upgrade("node-3", to: .foreign),
      .rotateKeys(["node-1", "node-2"]),
    ]
    for fault in faults {
      let world = formed(6, sealing: sealing)
      if fault.kind == .leave {
        world.begin(.join(["a", "b"], through: ["node-0"]))
        world.run(for: .seconds(5))
      }
      world.order([.from(world.now, for: .seconds(3), fault)])
      world.run(for: .seconds(10))
      #expect(heals(world), "\(fault)")
      #expect(world.verify().isEmpty, "\(fault): \(world.violations)")
    }
  }

  @Test("a paused process is still connected to, a frozen or crashed one is not")
  func kernels() {
    func dials(_ disturb: (World) -> Void) -> (accepted: Int, failed: Int) {
      let world = formed(3)
      disturb(world)
      let before = world.faults
      world.join("late", through: ["node-2"])
      world.run(for: .milliseconds(2_900))
      return (world.faults.dialsAccepted - before.dialsAccepted, world.faults.dialsFailed - before.dialsFailed)
    }
    #expect(dials { $0.pause("node-2") }.accepted > 0)
    #expect(dials { $0.freeze("node-2") }.accepted == 0)
    #expect(dials { $0.crash("node-2", .power) }.accepted == 0)
    let refused = dials { $0.crash("node-2") }
    #expect(refused.accepted == 0)
    #expect(refused.failed > 0)
  }

  @Test("an engine is told of a pause before it reads what has come")
  func stall() throws {
    let world = formed(5)
    world.pause("node-1")
    world.run(for: .seconds(3))
    let before = try #require(world.node(named: "node-1")).engine.counters.stallsNoticed
    world.resume("node-1")
    let node = try #require(world.node(named: "node-1"))
    #expect(node.engine.counters.stallsNoticed == before + 1)
    #expect(world.faults.stalls == 1)
  }

  @Test("a pause that no timer noticed is no stall")
  func shortPause() {
    let world = formed(5)
    world.pause("node-1")
    world.run(for: .milliseconds(1))
    world.resume("node-1")
    #expect(world.faults.stalls == 0)
  }

  @Test("what a blocked node sends arrives when the block ends")
  func blocked() {
    let world = formed(4)
    world.blockIO("node-1")
    world.setTags(["news": "1"], of: "node-1")
    world.run(for: .seconds(1))
    #expect(world.members(at: "node-0").first { $0.name == "node-1" }?.tags.isEmpty == true)
    world.unblockIO("node-1")
    #expect(
      world.run(
        until: { $0.members(at: "node-0").first { $0.name == "node-1" }?.tags == ["news": "1"] }, limit: .seconds(5))
        != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("a clock that runs fast probes more often", arguments: [0, 50_000, 500_000])
  func clockRate(perMillion: Int) throws {
    let world = formed(5)
    world.setClockRate(of: "node-1", perMillion: perMillion)
    let before = try #require(world.node(named: "node-1")).engine.counters.probesStarted
    world.run(for: .seconds(200))
    let probes = try #require(world.node(named: "node-1")).engine.counters.probesStarted - before
    let expected = 200 + 200 * UInt64(perMillion) / 1_000_000
    #expect(probes > expected * 97 / 100 && probes < expected * 103 / 100)
  }

  @Test("a node that moves to another machine keeps its name and replaces its predecessor")
  func moves() throws {
    let world = formed(6)
    let old = try #require(world.members(at: "node-0").first { $0.name == "node-3" })
    world.restart("node-3", .elsewhere)
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    let new = try #require(world.members(at: "node-0").first { $0.name == "node-3" })
    #expect(new.id != old.id && new.endpoint != old.endpoint)
    #expect(world.violations.isEmpty)
  }

  @Test("the last seed stays when it is asked for")
  func keepsSeed() {
    let world = formed(4)
    world.keepsOneOf = ["node-0"]
    world.begin(.crash("node-0"))
    #expect(world.faults.crashes == 0)
    world.begin(.crash("node-1"))
    #expect(world.faults.crashes == 1)
  }
}
