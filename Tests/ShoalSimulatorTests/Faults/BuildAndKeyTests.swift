import ShoalSimulator
import Testing

/// Clusters that are upgraded and whose keys are changed while they run.
@Suite struct BuildAndKeyTests {
  private func formed(_ count: Int, sealing: World.Sealing = .real) -> World {
    let world = World(seed: 3, sealing: sealing)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    return world
  }

  @Test("what a later version adds is passed over", arguments: World.Sealing.allCases)
  func later(sealing: World.Sealing) {
    let world = formed(6, sealing: sealing)
    for name in ["node-2", "node-4"] { world.upgrade(name, to: .later) }
    world.run(until: \.isOneView, limit: .seconds(30))
    let before = world.faults
    world.run(for: .seconds(30))
    #expect(world.faults.upgrades == 2)
    #expect(world.faults.laterDatagrams > before.laterDatagrams)
    #expect(world.isOneView && world.admittedCount == 6)
    #expect(world.faults.suspicions == before.suspicions)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a version without a common protocol is refused and stops; the right one is let in again")
  func foreign() {
    let world = formed(5)
    world.upgrade("node-3", to: .foreign)
    world.run(for: .seconds(30))
    #expect(world.admitted == ["node-0", "node-1", "node-2", "node-4"])
    world.upgrade("node-3", to: .current)
    world.run(for: .seconds(30))
    #expect(world.admittedCount == 5 && world.isOneView)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a key is rotated without a suspicion")
  func rotation() {
    let world = formed(6)
    let before = world.faults
    for _ in 0..<6 {
      world.order([.from(world.now, for: .seconds(10), .rotateKeys(["node-1", "node-2", "node-3"]))])
      world.run(for: .seconds(15))
    }
    #expect(world.faults.keyRotations == 6)
    #expect(world.faults.suspicions == before.suspicions)
    #expect(world.isOneView)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a key is rotated during a split, and the halves find each other")
  func rotationInSplit() {
    let world = formed(6)
    let half = ["node-1", "node-2", "node-3"]
    world.order([
      .from(world.now, for: .seconds(30), .split([half])),
      .from(world.now + .seconds(5), for: .seconds(20), .rotateKeys(.named(half))),
    ])
    world.run(for: .seconds(31))
    #expect(world.faults.rotationsInSplits == 1)
    #expect(world.run(until: \.isOneView, limit: .seconds(60)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("recordings that were sealed under a removed key are refused")
  func removedKey() {
    let world = formed(4)
    world.order([
      .from(world.now, for: .seconds(4), .replay(.all, percent: 100, within: .seconds(20), elsewhere: false)),
      .from(world.now, for: .seconds(4), .rotateKeys(.everyone)),
    ])
    world.run(for: .seconds(30))
    #expect(world.faults.packetsReplayed > 0)
    #expect(world.faults.packetsRefused >= world.faults.packetsReplayed)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a process that does not read loses what its receive buffer cannot hold")
  func receiveBuffer() {
    func overflow(bytes: Int?) -> Int {
      let world = formed(5)
      if let bytes { world.setReceiveBuffer(of: "node-2", to: bytes) }
      world.starve("node-2")
      world.run(for: .seconds(2))
      world.feed("node-2")
      return world.faults.packetsOverflowed
    }
    #expect(overflow(bytes: nil) == 0)
    #expect(overflow(bytes: 4_000) > 0)
  }
}
