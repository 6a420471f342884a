import ShoalCore
import ShoalSimulator
import Testing

@Suite struct MetadataTests {
  private func formed(
    _ count: Int, seed: UInt64 = 1, configuration: CoreConfiguration = .lan, sealing: World.Sealing = .counted
  ) -> World {
    let world = World(seed: seed, configuration: configuration, sealing: sealing)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    return world
  }

  private func bytes(_ count: Int, _ salt: Int = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ salt) }
  }

  @Test("metadata of any length up to the limit comes to everybody within a second", arguments: World.Sealing.allCases)
  func lengths(sealing: World.Sealing) {
    let world = formed(8, sealing: sealing)
    for length in [1, 700, 32_768, 32_769, 65_535, 65_536, 0] {
      #expect(world.setMetadata(bytes(length), of: "node-3"))
      #expect(world.run(until: { $0.everyone(holdsMetadataOf: "node-3") }, limit: .seconds(1)) != nil, "\(length)")
    }
    #expect(!world.setMetadata(bytes(65_537), of: "node-3"))
    #expect(world.metadata(of: "node-3", at: "node-0") == [])
    #expect(world.faults.metadataLearned == 7 * 7)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a thousand members learn 60 kB within a second while the owner sends it five times at most")
  func thousand() {
    let world = World(seed: 2, checks: .off)
    world.startFormed(1_000)
    world.run(for: .seconds(3))
    let before = world.traffic(of: "node-500")
    let total = world.traffic
    world.setMetadata(bytes(60_000), of: "node-500")
    let time = world.run(until: { $0.everyone(holdsMetadataOf: "node-500") }, limit: .seconds(10))
    #expect(time.map { $0 < .seconds(1) } == true)
    let sent = world.traffic(of: "node-500").since(before).streamBytes
    let all = world.traffic.since(total).streamBytes
    // With their headers 60,000 bytes take 61,836. Four members pull it from its owner, and now and then one more that nobody else has answered.
    #expect(sent < 5 * 62_500, "\(sent) bytes")
    #expect(all < 1_000 * 64_000, "\(all) bytes")
    #expect(world.nodes.allSatisfy { $0.traffic.streamBytes < 800_000 })
  }

  @Test("without holders every one of a hundred members asks the owner")
  func ownerAlone() {
    var configuration = CoreConfiguration.lan
    configuration.features.remove(.metadataFromHolders)
    let world = World(seed: 2, configuration: configuration, checks: .off)
    world.startFormed(100)
    world.run(for: .seconds(3))
    world.setMetadata(bytes(60_000), of: "node-50")
    #expect(world.run(until: { $0.everyone(holdsMetadataOf: "node-50") }, limit: .seconds(60)) != nil)
    #expect(world.traffic(of: "node-50").streamBytes > 99 * 60_000)
  }

  @Test("an owner that is lost while its metadata is pulled is not needed once one other has it")
  func lostOwner() {
    let world = formed(30, seed: 7)
    let latest = bytes(60_000)
    world.setMetadata(latest, of: "node-7")
    world.onEvent = { world, event in
      if event.kind == .metadataChanged, event.node != "node-7" { world.crash("node-7", .power) }
    }
    // Those that the owner was serving wait for it a second, and then ask others; after two seconds at the earliest it is declared dead.
    world.run(for: .milliseconds(1_900))
    let lacking = world.admitted.filter { world.metadata(of: "node-7", at: $0) != latest }
    #expect(world.faults.powerCuts == 1 && world.faults.deaths == 0)
    #expect(lacking.isEmpty)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a newcomer pulls what everybody has, and its own comes to everybody")
  func newcomer() {
    let world = formed(12)
    for number in 0..<12 { world.setMetadata(bytes(20_000, number), of: "node-\(number)") }
    world.run(for: .seconds(2))
    world.join("late", through: ["node-0"])
    world.run(until: \.isOneView, limit: .seconds(10))
    world.setMetadata(bytes(5, 99), of: "late")
    world.run(for: .seconds(2))
    for name in world.admitted { #expect(world.everyone(holdsMetadataOf: name), "\(name)") }
    #expect(world.metadata(of: "node-4", at: "late") == bytes(20_000, 4))
    // It has asked many, not its seed alone.
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a process that is restarted has its metadata from the start, and everybody forgets that of its predecessor")
  func restart() {
    let world = formed(6)
    world.setMetadata(bytes(3_000, 1), of: "node-2")
    world.setMetadata(bytes(3_000, 2), of: "node-2")
    world.run(for: .seconds(1))
    world.restart("node-2")
    world.run(until: \.isOneView, limit: .seconds(30))
    #expect(world.run(until: { $0.everyone(holdsMetadataOf: "node-2") }, limit: .seconds(3)) != nil)
    #expect(world.metadata(of: "node-2", at: "node-0") == bytes(3_000, 2))
    #expect(world.members(at: "node-0").first { $0.name == "node-2" }?.metadataVersion == 1)
    world.run(for: .seconds(1))
    #expect(world.nodes.allSatisfy { !$0.isAdmitted || $0.engine.metadataByteCount == 3_000 })
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("who was cut off holds the latest metadata soon after, and a member that came back dead keeps what it had")
  func heals() {
    let world = formed(10)
    world.setMetadata(bytes(900, 1), of: "node-1")
    world.run(for: .seconds(1))
    world.split(["node-1", "node-2", "node-3"])
    world.setMetadata(bytes(60_000, 2), of: "node-1")
    world.setMetadata(bytes(60_000, 3), of: "node-8")
    world.run(for: .seconds(30))
    #expect(world.metadata(of: "node-1", at: "node-9") == bytes(900, 1))
    #expect(world.metadata(of: "node-1", at: "node-2") == bytes(60_000, 2))
    world.heal()
    #expect(world.run(until: \.isOneView, limit: .seconds(60)) != nil)
    world.run(for: .seconds(3))
    #expect(world.everyone(holdsMetadataOf: "node-1") && world.everyone(holdsMetadataOf: "node-8"))
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("beyond the limit of bytes nothing more is pulled, which is counted; what leaves makes room")
  func overLimit() {
    var configuration = CoreConfiguration.lan
    configuration.membership.metadataByteLimit = 65_536
    let world = formed(4, configuration: configuration)
    world.setMetadata(bytes(40_000, 1), of: "node-1")
    world.run(for: .seconds(1))
    world.setMetadata(bytes(40_000, 2), of: "node-2")
    world.run(for: .seconds(40))
    for node in world.nodes where node.name == "node-0" || node.name == "node-3" {
      #expect(node.engine.metadataByteCount == 40_000)
      #expect((1...3).contains(node.engine.counters.metadataOverLimit))
    }
    #expect(world.metadata(of: "node-2", at: "node-3") == nil)
    // One that replaces what is held needs no more room, and its own owner's is not counted.
    world.setMetadata(bytes(50_000, 3), of: "node-1")
    world.run(for: .seconds(1))
    #expect(world.everyone(holdsMetadataOf: "node-1"))
    world.crash("node-1")
    #expect(world.run(until: { $0.everyone(holdsMetadataOf: "node-2") }, limit: .seconds(60)) != nil)
    #expect(world.nodes.allSatisfy { !$0.isAdmitted || $0.engine.metadataByteCount <= 65_536 + 40_000 })
  }

  @Test("many owners change at once under loss, and everybody comes to hold all of it", arguments: 1...3)
  func storm(seed: Int) {
    let world = formed(24, seed: UInt64(seed))
    let loss = world.begin(.loss(.all, percent: 20))
    for round in 0..<3 {
      for number in 0..<24 { world.setMetadata(bytes(10_000 * round + number, round), of: "node-\(number)") }
      world.run(for: .milliseconds(300))
    }
    world.run(for: .seconds(5))
    if let loss { world.end(loss) }
    world.run(for: .seconds(15))
    for name in world.admitted { #expect(world.everyone(holdsMetadataOf: name), "\(name)") }
    #expect(world.verify().isEmpty, "\(world.violations)")
  }
}
