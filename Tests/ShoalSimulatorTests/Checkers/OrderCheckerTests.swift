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

  @Test("each broken rule of total order is found within eight seeds", arguments: OrderBug.allCases)
  func found(bug: OrderBug) {
    let isFound = (UInt64(1)...8).contains { seed in
      Self.scenario(seed).run(planted: nil, plantedInOrder: bug).violations.contains { $0.invariant == .totalOrder }
    }
    #expect(isFound)
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
