import ShoalCore
import ShoalSimulator
import Testing

/// What a member survives, and what it does not.
@Suite struct ToleranceTests {
  /// What nodes have published since it began to listen.
  private final class Record {
    var events: [NodeEvent] = []

    init(_ world: World) { world.onEvent = { [unowned self] _, event in events.append(event) } }
  }

  private func formed(_ count: Int, seed: UInt64 = 1) -> World {
    let world = World(seed: seed)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(20))
    return world
  }

  @Test("a silent machine is survived for two seconds and not for four", arguments: [3, 5, 40])
  func freeze(count: Int) {
    let world = formed(count)
    world.freeze("node-1")
    world.run(for: .seconds(2))
    world.resume("node-1")
    world.run(for: .seconds(20))
    #expect(world.faults.deaths == 0)
    world.freeze("node-1")
    // The worst moment for the first probe, and then the window and a bystander's patience.
    #expect(world.run(until: { $0.everyone(holds: "node-1", as: .dead) }, limit: .seconds(5)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("a paused process whose kernel answers is survived for nine seconds and not for twelve", arguments: [3, 5, 40])
  func pause(count: Int) {
    let world = formed(count)
    world.pause("node-1")
    world.run(for: .seconds(9))
    world.resume("node-1")
    world.run(for: .seconds(20))
    #expect(world.faults.deaths == 0)
    world.pause("node-1")
    #expect(world.run(until: { $0.everyone(holds: "node-1", as: .dead) }, limit: .seconds(13)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("of two members the one that is left waits six seconds, and one when the port is refused")
  func pair() throws {
    let cut = formed(2)
    cut.crash("node-1", .power)
    let silent = try #require(cut.run(until: { $0.everyone(holds: "node-1", as: .dead) }, limit: .seconds(20)))
    #expect((.seconds(6)...Duration.seconds(8)).contains(silent))
    let killed = formed(2)
    killed.crash("node-1", .process)
    let refused = try #require(killed.run(until: { $0.everyone(holds: "node-1", as: .dead) }, limit: .seconds(20)))
    #expect((.seconds(1)...Duration.seconds(3)).contains(refused))
  }

  @Test("every link of the cluster fails for twelve seconds, and nobody is declared dead")
  func outage() throws {
    let world = formed(30)
    let fault = try #require(world.begin(.cut(.all)))
    world.run(for: .seconds(12))
    world.end(fault)
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    world.run(for: .seconds(20))
    #expect(world.faults.deaths == 0)
  }

  @Test("a node that hears nobody says so, accuses nobody for half a minute, and then takes itself for the last one")
  func isolation() throws {
    let world = formed(8)
    let record = Record(world)
    let fault = try #require(world.begin(.cut(.from(.everyone, to: .named(["node-3"])))))
    world.run(for: .seconds(25))
    let events = record.events.filter { $0.node == "node-3" }
    #expect(events.contains { $0.kind == .isolated })
    #expect(!events.contains { $0.kind == .died })
    world.run(for: .seconds(15))
    #expect(world.admittedCount == 8)
    #expect((0..<8).filter { $0 != 3 }.allSatisfy { world.status(of: "node-\($0)", at: "node-3") == .dead })
    world.end(fault)
    #expect(world.run(until: \.isOneView, limit: .seconds(120)) != nil)
    #expect(record.events.contains { $0.node == "node-3" && $0.kind == .isolationEnded })
    #expect(world.violations.isEmpty)
  }

  @Test("a member that hears nothing every other twenty seconds is removed once and stays out")
  func flapping() {
    let world = formed(40)
    let record = Record(world)
    world.begin(
      .flap(.from(.everyone, to: .named(["node-7"])), down: .seconds(20), up: .seconds(20)))
    world.run(for: .seconds(600))
    let observers = record.events.filter { $0.node != "node-7" && $0.member?.name == "node-7" }
    #expect(observers.count { $0.kind == .died } == 39)
    #expect(!observers.contains { $0.kind == .recovered && $0.time > .seconds(100) })
    #expect(record.events.allSatisfy { $0.kind != .died || $0.node == "node-7" || $0.member?.name == "node-7" })
  }

  @Test("a member that most can reach is not removed by the few that cannot, and the few know a way round")
  func detour() throws {
    let world = formed(20)
    world.begin(.cut(.between(.named(["node-4"]), and: .named(["node-5", "node-6"]))))
    world.run(for: .seconds(240))
    #expect(world.faults.deaths == 0)
    let other = try #require(world.node(named: "node-4")).id
    let explanation = try #require(world.node(named: "node-5")).engine.explanation(other)
    #expect(explanation?.detour != nil)
  }

  @Test("a member that is heard and hears nobody is removed, for nobody can reach it")
  func deaf() {
    let world = formed(10)
    world.begin(.cut(.from(.everyone, to: .named(["node-2"]))))
    #expect(world.run(until: { $0.everyone(holds: "node-2", as: .dead) }, limit: .seconds(10)) != nil)
  }
}
