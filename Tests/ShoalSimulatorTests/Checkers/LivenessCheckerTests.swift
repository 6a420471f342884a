import ShoalCore
import ShoalSimulator
import Testing

@Suite struct LivenessCheckerTests {
  private func formed() -> World {
    let world = World(seed: 1)
    world.start(4)
    world.run(until: \.isOneView, limit: .seconds(10))
    return world
  }

  @Test("a world in which all is well breaks nothing")
  func well() {
    #expect(LivenessChecker.check(formed()).isEmpty)
  }

  @Test("a crashed member that is still held living is found")
  func completeness() {
    let world = formed()
    world.crash("node-2")
    #expect(LivenessChecker.check(world).contains { $0.invariant == .completeness && $0.subject == "node-2" })
  }

  @Test("views that stay apart are found")
  func convergence() {
    let world = formed()
    world.split(["node-3"])
    world.run(for: .seconds(120))
    #expect(LivenessChecker.check(world).contains { $0.invariant == .convergence })
  }

  @Test("a join that does not end is found")
  func joinsEnd() {
    let world = formed()
    world.join("lost", through: ["nowhere"])
    world.run(for: .seconds(60))
    #expect(LivenessChecker.check(world).contains { $0.invariant == .joinsEnd && $0.observer == "lost" })
  }
}
