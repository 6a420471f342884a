import ShoalCore
import ShoalSimulator
import Testing

/// What campaigns have found, each kept as the shortest story that shows it.
@Suite struct FoundByCampaignTests {
  @Test("a seed that moved to another address is none of those of which one stays")
  func movedSeed() {
    let scenario = Scenario(
      seed: 1, nodes: 6, seeds: 2,
      faults: [
        .at(.seconds(10), .restart("node-1", .elsewhere)), .at(.seconds(20), .leave("node-0")),
        .at(.seconds(30), .restart("node-3", .stale)),
      ])
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty)
    #expect(outcome.faults.moves == 1 && outcome.faults.leaves == 0)
  }

  @Test(
    "a joiner whose first seed granted it a record, and was cut off before it could say so, is granted another version by the next"
  )
  func secondGrant() {
    var conditions = NetworkConditions.lan
    conditions.latency = .milliseconds(20)
    conditions.jitter = .zero
    let world = World(seed: 1, network: conditions, sealing: .real)
    world.start(3)
    world.run(until: \.isOneView, limit: .seconds(30))
    world.run(for: .seconds(5))
    // Both are granted a seniority by node-1 after 100 ms. The second one asks node-2 next, which knows of neither.
    world.join("first", through: ["node-1"])
    world.join("second", through: ["node-1", "node-2"])
    world.order([
      .from(world.now + .milliseconds(105), for: .seconds(5), .resetStreams(.between("second", and: "node-1")))
    ])
    world.run(for: .seconds(20))
    #expect(world.isOneView && world.admittedCount == 5)
    #expect(world.faults.streamsReset > 0)
    #expect(world.verify().isEmpty, "\(world.violations)")
  }

  @Test("a member that was cut off again and again comes back before those who hold it dead forget it")
  func proofWithinTombstones() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(31)
    let cuts = [20, 100, 180, 260].map {
      ScheduledFault.from(.seconds($0), for: .seconds(13), .split([["node-3"]]))
    }
    let scenario = Scenario(
      seed: 1, nodes: 6, seeds: 2, configuration: configuration, length: .seconds(280), faults: cuts)
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty, "\(outcome.violations)")
    #expect(outcome.faults.deaths > 0)
    #expect(outcome.faults.reaps == 0)
  }

  @Test("a replayed datagram is not taken from a member that was forgotten and is known anew")
  func replayAcrossReaping() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(20)
    let scenario = Scenario(
      seed: 1, nodes: 6, seeds: 2, configuration: configuration, length: .seconds(120),
      faults: [
        .from(.seconds(5), for: .seconds(110), .replay(.all, percent: 80, within: .seconds(60), elsewhere: false)),
        // Long enough for node-3 to be forgotten by those who do not hear it, while it hears and is heard by some.
        .from(.seconds(20), for: .seconds(40), .split([["node-3", "node-4"]])),
        .from(.seconds(70), for: .seconds(30), .pause("node-5")),
      ])
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty, "\(outcome.violations)")
    #expect(outcome.faults.reaps > 0 && outcome.faults.packetsReplayed > 0)
  }

  @Test("without the rules for one that is cut off, the last of three still finds the other two dead")
  func lastOfThree() {
    var configuration = CoreConfiguration.lan
    configuration.features.remove(.isolation)
    let scenario = Scenario(
      seed: 1, nodes: 3, seeds: 1, configuration: configuration, length: .seconds(20),
      faults: ["node-1", "node-2"].map { .at(.seconds(10), .cutPower($0)) })
    let outcome = scenario.run()
    #expect(outcome.violations.isEmpty, "\(outcome.violations)")
    #expect(outcome.faults.powerCuts == 2)
  }
}
