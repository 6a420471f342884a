import ShoalCore
import ShoalSimulator
import Testing

/// Who coordinates where most of a number of seats must consent.
@Suite struct QuorumTests {
  private static let voters: Quorum = .voters(["node-0", "node-1", "node-2"])

  private func world(_ quorum: Quorum, seed: UInt64 = 1, policy: CoordinatorPolicy = .oldest) -> World {
    var configuration = CoreConfiguration.lan
    configuration.coordination.quorum = quorum
    configuration.coordination.policy = policy
    return World(seed: seed, configuration: configuration)
  }

  private func formed(_ count: Int, _ quorum: Quorum, seed: UInt64 = 1, policy: CoordinatorPolicy = .oldest) throws
    -> World
  {
    let world = world(quorum, seed: seed, policy: policy)
    world.start(count)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    return world
  }

  @Test(
    "with a majority of the seats there is one coordinator", arguments: [.voters(["node-0"]), voters, .expectedSize(5)])
  func forms(quorum: Quorum) throws {
    let world = try formed(5, quorum)
    #expect(world.coordinators == ["node-0"])
    #expect(world.coordinator(at: "node-4")?.reason == .first)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("it goes on for as long as nothing happens, at a few packets a second")
  func lasts() throws {
    let world = try formed(5, Self.voters)
    let before = world.coordinator(at: "node-3")
    let sent = world.nodes.reduce(0) { $0 + $1.engine.counters.leaseRequestsSent }
    world.run(for: .seconds(100))
    #expect(world.coordinator(at: "node-3") == before)
    let asked = world.nodes.reduce(0) { $0 + $1.engine.counters.leaseRequestsSent } - sent
    // Two other seats, five times a lease of two seconds.
    #expect((400...520).contains(asked), "\(asked)")
  }

  @Test("the holder of the only seat coordinates although it hears nothing")
  func hearsNothing() throws {
    // Of three and more, one that hears nobody takes itself for cut off; and its disk would not be heard either.
    let world = world(.voters(["node-0"]))
    world.keepsState = false
    world.start(2)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    world.starve("node-0")
    world.run(for: .seconds(7))
    #expect(world.coordinators.contains("node-0"))
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("before as many names have come as there are seats, nobody coordinates")
  func tooFew() throws {
    let world = world(.expectedSize(3))
    world.start(2)
    world.run(for: .seconds(60))
    #expect(world.coordinators.isEmpty)
    #expect(world.coordinationState(at: "node-0") == .noQuorum)
    world.join("node-2", through: ["node-0"])
    #expect(world.run(until: \.hasOneCoordinator, limit: .seconds(10)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("two halves that start apart crown nobody before they meet")
  func startsApart() throws {
    let world = world(.expectedSize(4))
    world.start(4, seeds: 4)
    world.split(["node-2", "node-3"])
    world.run(for: .seconds(60))
    #expect(world.coordinators.isEmpty)
    world.heal()
    #expect(world.run(until: \.hasOneCoordinator, limit: .seconds(120)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test(
    "the smaller side of a split has no coordinator, the larger one does, and never two act",
    arguments: 1...4 as ClosedRange<UInt64>)
  func splits(seed: UInt64) throws {
    let world = try formed(7, Self.voters, seed: seed)
    world.run(for: .seconds(5))
    let before = try #require(world.coordinator(at: "node-5"))
    world.split(["node-0", "node-3"])
    var most = 0
    let end = world.now + .seconds(60)
    world.run(
      until: { world in
        most = max(most, world.coordinators.count)
        return world.now >= end
      }, limit: .seconds(60))
    #expect(most == 1)
    #expect(world.coordinators != ["node-0"])
    let after = try #require(world.coordinator(at: "node-5"))
    #expect(after.epoch > before.epoch)
    world.heal()
    #expect(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(120)) != nil)
    #expect(try #require(world.coordinator(at: "node-5")).epoch > before.epoch)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("when the coordinator crashes its promise runs out before the next is granted one")
  func crash() throws {
    let world = try formed(5, Self.voters)
    world.run(for: .seconds(5))
    let before = try #require(world.coordinator(at: "node-1"))
    world.crash("node-0")
    try #require(world.run(until: { $0.everyone(holds: "node-0", as: .dead) }, limit: .seconds(60)) != nil)
    #expect(world.run(until: \.hasOneCoordinator, limit: .seconds(3)) != nil)
    #expect(try #require(world.coordinator(at: "node-1")).epoch > before.epoch)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("the next one reigns as soon as the promises to the one that crashed have run out", arguments: [2, 6, 10])
  func reignsOnceItMay(lease: Int) throws {
    var configuration = CoreConfiguration.lan
    configuration.coordination.quorum = Self.voters
    configuration.coordination.leaseTime = .seconds(lease)
    let world = World(seed: 1, configuration: configuration)
    world.start(5)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    // Killed: everybody holds it dead long before its promises run out.
    world.crash("node-0")
    let next = try #require(world.run(until: \.hasOneCoordinator, limit: .seconds(60)))
    // They last for a lease and an eighth; who waits for them asks twenty times a lease.
    #expect(next > .seconds(lease) * 9 / 10 && next < .seconds(lease) * 6 / 5 + .milliseconds(50))
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("one that leaves gives its promises back: the next does not wait for them to run out")
  func leaves() throws {
    let world = try formed(5, Self.voters)
    world.run(for: .seconds(5))
    world.leave("node-0")
    try #require(world.run(until: { !$0.admitted.contains("node-0") }, limit: .seconds(5)) != nil)
    #expect(world.run(until: \.hasOneCoordinator, limit: .seconds(1)) != nil)
    #expect(world.coordinator(at: "node-4")?.reason == .left)
  }

  @Test(
    "a coordinator that is paused for longer than its lease has stopped to be one when it wakes up",
    arguments: [true, false])
  func paused(isHeldDead: Bool) throws {
    let world = try formed(5, Self.voters)
    world.run(for: .seconds(5))
    world.pause("node-0")
    world.run(for: isHeldDead ? .seconds(40) : .milliseconds(2_100))
    world.resume("node-0")
    #expect(!world.coordinators.contains("node-0"))
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(120)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a majority that restarts grants nothing before its promises of old have run out")
  func restarts() throws {
    let world = try formed(5, Self.voters)
    world.keepsState = false
    world.run(for: .seconds(5))
    for name in ["node-1", "node-2"] { world.restart(name) }
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(30)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("after all have restarted epochs go on above all before, also with a clock that was set back")
  func allRestart() throws {
    let world = try formed(3, Self.voters)
    world.run(for: .seconds(5))
    let before = try #require(world.coordinator(at: "node-1"))
    for number in 0..<3 { world.crash("node-\(number)") }
    for number in 0..<3 { world.jumpWallClock(of: "node-\(number)", by: .seconds(-3_600)) }
    world.run(for: .seconds(1))
    for number in 0..<3 { world.restart("node-\(number)") }
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    #expect(try #require(world.coordinator(at: "node-1")).epoch > before.epoch)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a new process that is named while nobody reigns, and has lost its file, learns from others who has the seats")
  func unknownSeats() throws {
    let world = world(.expectedSize(5))
    world.keepsState = false
    // So that the new process is named.
    world.notEligible = ["node-0", "node-4"]
    world.start(5)
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    for name in ["node-1", "node-2", "node-3"] { world.crash(name) }
    try #require(world.run(until: { $0.coordinators.isEmpty && $0.isOneView }, limit: .seconds(120)) != nil)
    world.restart("node-2")
    try #require(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    #expect(world.coordinators == ["node-2"])
    #expect(world.seats(at: "node-2").count == 5)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("who leaves for good frees its seat, who is dead keeps it, and the next name takes a free one")
  func seats() throws {
    let world = try formed(3, .expectedSize(3))
    for name in ["late-0", "late-1"] {
      world.join(name, through: ["node-0"])
      world.run(for: .seconds(5))
    }
    let all = ["node-0", "node-1", "node-2", "late-0", "late-1"]
    func seated() -> [String] { all.filter { world.seats(at: "node-0").contains(StableHash.hash(of: $0)) } }
    #expect(seated() == ["node-0", "node-1", "node-2"])
    world.leave("node-2")
    world.run(for: .seconds(10))
    #expect(seated() == ["node-0", "node-1", "late-0"])
    world.crash("node-1")
    world.run(for: .seconds(60))
    #expect(seated() == ["node-0", "node-1", "late-0"])
    // Everybody knows the seats, so that whoever comes next may claim.
    #expect(world.seats(at: "late-1") == world.seats(at: "node-0"))
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test(
    "so many seats that a majority could not be had any more are never freed: a process of the old name brings it back")
  func scaledDown() throws {
    let world = try formed(3, .expectedSize(3))
    world.run(for: .seconds(5))
    world.leave("node-2")
    world.run(for: .seconds(5))
    #expect(world.seats(at: "node-0").count == 2)
    world.leave("node-1")
    world.run(for: .seconds(20))
    #expect(world.coordinators.isEmpty)
    #expect(world.seats(at: "node-0").count == 2)
    world.restart("node-1")
    #expect(world.run(until: \.hasOneCoordinator, limit: .seconds(20)) != nil)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("an election that the seats do not answer ends the reign, and the next attempt that they do answer begins one")
  func failedElection() throws {
    let world = try formed(3, Self.voters)
    world.run(for: .seconds(5))
    let before = try #require(world.coordinator(at: "node-0"))
    world.split(["node-0"])
    world.begin(.elect(.named(["node-0"])))
    world.run(for: .seconds(2))
    world.heal()
    #expect(world.run(until: { $0.isOneView && $0.hasOneCoordinator }, limit: .seconds(60)) != nil)
    #expect(try #require(world.coordinator(at: "node-1")).epoch > before.epoch)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }
}
