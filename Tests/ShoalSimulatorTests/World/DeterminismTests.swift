import ShoalCore
import ShoalSimulator
import Testing

@Suite struct DeterminismTests {
  /// A story with a bit of everything; ends where its view stands.
  private func play(seed: UInt64) -> World {
    let world = World(seed: seed, network: .lossy(percent: 5))
    world.start(12)
    world.run(for: .seconds(5))
    world.crash("node-3")
    world.pause("node-4")
    world.run(for: .seconds(3))
    world.resume("node-4")
    world.restart("node-3")
    world.leave("node-5")
    world.split(["node-1", "node-2"])
    world.run(for: .seconds(20))
    world.heal()
    world.run(for: .seconds(20))
    return world
  }

  @Test("a run made twice is the same, byte for byte")
  func twice() {
    let first = play(seed: 7)
    let second = play(seed: 7)
    #expect(first.traceHash == second.traceHash)
    #expect(first.eventsHandled == second.eventsHandled)
    #expect(first.traffic == second.traffic)
    #expect(first.faults == second.faults)
  }

  @Test("another seed is another run")
  func otherSeed() {
    #expect(play(seed: 7).traceHash != play(seed: 8).traceHash)
  }

  @Test("checking a world does not change it")
  func checksAreSilent() {
    let checked = World(seed: 3)
    let unchecked = World(seed: 3, checks: .off)
    for world in [checked, unchecked] {
      world.start(8)
      world.run(for: .seconds(10))
      world.crash("node-2")
      world.run(for: .seconds(40))
    }
    #expect(checked.traceHash == unchecked.traceHash)
  }
}
