import ShoalCore
import ShoalSimulator
import Testing

@Suite struct FormationTests {
  @Test("nodes that join through one seed come to one view", arguments: [1, 2, 3, 20])
  func forms(count: Int) {
    let world = World(seed: UInt64(count))
    world.start(count)
    #expect(world.run(until: \.isOneView, limit: .seconds(30)) != nil)
    #expect(world.admittedCount == count)
    #expect(world.members(at: "node-0").count == count)
    #expect(world.violations.isEmpty)
  }

  @Test("a cluster forms although a tenth of all datagrams is lost")
  func formsUnderLoss() {
    let world = World(seed: 10, network: .lossy(percent: 10))
    world.start(20)
    #expect(world.run(until: \.isOneView, limit: .seconds(60)) != nil)
    #expect(world.faults.packetsLost > 0)
    #expect(world.violations.isEmpty)
  }

  @Test("a seed may be given by host name")
  func hostName() {
    let world = World(seed: 1)
    world.start(1)
    world.join("newcomer", through: ["node-0"], byHostName: true)
    #expect(world.run(until: \.isOneView, limit: .seconds(10)) != nil)
    #expect(world.members(at: "newcomer").count == 2)
  }

  @Test("a node waits for a seed that starts later")
  func lateSeed() {
    let world = World(seed: 1)
    world.join("early", through: ["seed"])
    world.run(for: .seconds(20))
    #expect(world.admittedCount == 0)
    world.join("seed", through: ["seed"])
    #expect(world.run(until: { $0.isOneView && $0.admittedCount == 2 }, limit: .seconds(60)) != nil)
  }

  @Test("seeds that start in the same instant and name each other found one cluster", arguments: [2, 3, 5])
  func mutualSeeds(count: Int) {
    let names = (0..<count).map { "seed-\($0)" }
    for seed in 1...40 as ClosedRange<UInt64> {
      let world = World(seed: seed)
      for name in names { world.join(name, through: names.filter { $0 != name } + [name]) }
      let isFormed = world.run(until: { $0.isOneView && $0.admittedCount == count }, limit: .seconds(30)) != nil
      #expect(isFormed, "seed \(seed)")
      let founders = world.members(at: "seed-0").count { $0.seniority == 1 }
      #expect(founders == 1, "seed \(seed)")
    }
  }

  @Test("the seeds that are there do not wait for one that is not, nor found two clusters when it comes")
  func missingSeed() {
    let names = ["seed-0", "seed-1", "seed-2"]
    for seed in 1...40 as ClosedRange<UInt64> {
      let world = World(seed: seed)
      for name in names.dropLast() { world.join(name, through: names.filter { $0 != name } + [name]) }
      world.run(for: .milliseconds(Int64(seed) * 20))
      world.join("seed-2", through: names)
      let isFormed = world.run(until: { $0.isOneView && $0.admittedCount == 3 }, limit: .seconds(30)) != nil
      #expect(isFormed, "seed \(seed)")
      let founders = world.members(at: "seed-0").count { $0.seniority == 1 }
      #expect(founders == 1, "seed \(seed)")
    }
  }

  @Test("a cluster at rest sends two packets a second and at most 190 bytes for each node", arguments: [2, 3, 20, 100])
  func rest(count: Int) {
    let world = World(seed: 4, checks: .off)
    world.start(count)
    world.run(for: .seconds(60))
    let before = world.traffic
    world.run(for: .seconds(100))
    let sent = world.traffic.since(before)
    #expect(sent.packets <= UInt64(200 * count + count))
    #expect(sent.bytes <= UInt64(190 * 100 * count))
  }
}
