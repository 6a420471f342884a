import ShoalCore
import ShoalSimulator
import Testing

/// The checker of total order finds nodes in which one of its rules is broken, within a stated number of seeds, and nothing else.
@Suite struct OrderCheckerTests {
  /// Many publications, and faults that take coordinators away, from all or from some.
  private static func scenario(_ seed: UInt64) -> Scenario {
    var configuration = CoreConfiguration.local
    configuration.messaging.broadcastFanOut = 2
    configuration.messaging.relayPatience = .milliseconds(500)
    return Scenario(
      seed: seed, nodes: 8, configuration: configuration, length: .seconds(60),
      messages: MessageLoad(interval: .milliseconds(30), largest: 30_000, publishes: 1),
      faults: [
        .at(.seconds(8), .crash("node-0")),
        .from(.seconds(16), for: .seconds(8), .split([["node-1", "node-2", "node-5"], ["node-3", "node-4"]])),
        .from(.seconds(30), for: .seconds(6), .pause("node-1")),
        .from(.seconds(40), for: .seconds(6), .cut(.between("node-2", and: "node-3"))),
        .at(.seconds(50), .crash("node-2")),
        .at(.seconds(54), .restart("node-3")),
      ])
  }

  /// Many publications, always some of them on their way, and coordinators that crash, leave and make room for others, one after the other;
  /// nothing else happens.
  private static func handovers(_ seed: UInt64) -> Scenario {
    var conditions = NetworkConditions.lan
    conditions.latency = .milliseconds(20)
    conditions.jitter = .milliseconds(60)
    return Scenario(
      seed: seed, nodes: 8, seeds: 8, configuration: .wan, conditions: conditions, length: .seconds(90),
      messages: MessageLoad(interval: .milliseconds(30), largest: 30_000, publishes: 1),
      faults: [
        .at(.seconds(45), .crash("node-0")), .at(.seconds(52), .cutPower("node-1")),
        .at(.seconds(66), .abdicate(.everyone)), .at(.seconds(69), .elect("node-5")),
        .at(.seconds(72), .leave("node-2")),
      ])
  }

  @Test(
    "each broken rule of total order is found within eight seeds, or within 32 where a handover has to hit it",
    arguments: OrderBug.allCases)
  func found(bug: OrderBug) {
    let isFound = (UInt64(1)...(bug == .collectsNothing ? 32 : 8)).contains { seed in
      let scenario = bug == .collectsNothing ? Self.handovers(seed) : Self.scenario(seed)
      return scenario.run(planted: nil, plantedInOrder: bug).violations.contains { $0.invariant == .totalOrder }
    }
    #expect(isFound)
  }

  @Test("nobody loses its place because coordinators crash, leave or make room, however much is on its way")
  func kept() {
    var faults = FaultCounts()
    for seed in UInt64(1)...3 {
      let outcome = Self.handovers(seed).run()
      #expect(outcome.violations.isEmpty, "seed \(seed): \(outcome.violations.map(\.description))")
      faults = faults + outcome.faults
    }
    #expect(faults.ordersBroken == 0 && faults.publicationsOrdered > 2_000 && faults.ordersHandedOver > 40)
  }

  @Test("the same seeds break nothing without a bug, and orders really change hands")
  func sound() {
    var faults = FaultCounts()
    for seed in UInt64(1)...4 {
      let outcome = Self.scenario(seed).run()
      #expect(outcome.violations.isEmpty, "seed \(seed): \(outcome.violations.map(\.description))")
      faults = faults + outcome.faults
    }
    #expect(faults.publicationsOrdered > 2_000 && faults.ordersHandedOver > 10 && faults.ordersBroken > 0)
  }
}
