import ShoalCore
import ShoalSimulator
import Testing

/// The checker of publications finds broadcasters in which one rule is broken, within a stated number of seeds, and nothing else.
@Suite struct BroadcastCheckerTests {
  /// Many publications through few relays, and faults that take relays away.
  private static func scenario(_ seed: UInt64) -> Scenario {
    var configuration = CoreConfiguration.local
    configuration.messaging.broadcastFanOut = 2
    configuration.messaging.relayPatience = .milliseconds(500)
    return Scenario(
      seed: seed, nodes: 10, configuration: configuration, length: .seconds(50),
      messages: MessageLoad(interval: .milliseconds(40), largest: 30_000, publishes: 1),
      faults: [
        .from(.seconds(5), for: .milliseconds(600), .resetStreams(.all)),
        .from(.seconds(8), for: .seconds(8), .split([["node-0", "node-1", "node-2"], ["node-3", "node-4"]])),
        .from(.seconds(18), for: .seconds(2), .halfOpenStreams(.all)),
        .at(.seconds(24), .restart("node-3")),
        .at(.seconds(26), .crash("node-4")),
        .from(.seconds(27), for: .milliseconds(600), .resetStreams(.all)),
        .from(.seconds(30), for: .seconds(7), .cut(.from("node-1", to: "node-2"))),
        .from(.seconds(39), for: .seconds(4), .pause("node-5")),
        .at(.seconds(44), .restart("node-6")),
      ])
  }

  @Test("each broken rule of a broadcaster is found within eight seeds", arguments: BroadcastBug.allCases)
  func found(bug: BroadcastBug) {
    let isFound = (UInt64(1)...8).contains { seed in
      Self.scenario(seed).run(planted: nil, plantedInBroadcasts: bug).violations.contains {
        $0.invariant == .publicationsArrive
      }
    }
    #expect(isFound)
  }

  @Test("the same seeds break nothing without a bug, and relays really fail")
  func sound() {
    var faults = FaultCounts()
    for seed in UInt64(1)...8 {
      let outcome = Self.scenario(seed).run()
      #expect(outcome.violations.isEmpty, "seed \(seed): \(outcome.violations.map(\.description))")
      faults = faults + outcome.faults
    }
    #expect(faults.publications > 1_000 && faults.publicationsReceived > 5_000)
    #expect(faults.publicationsRerouted > 0 && faults.sessionsBroken > 0)
  }

  @Test("a user of the world publishes by name, and everybody else gets it once")
  func byName() {
    let world = World(seed: 4)
    world.start(40)
    world.run(until: \.isOneView, limit: .seconds(60))
    #expect(world.publish([1, 2, 3], from: "node-7", to: Topic("orders")))
    #expect(!world.publish([1], from: "nobody", to: Topic("orders")))
    world.run(for: .seconds(2))
    #expect(world.faults.publicationsReceived == 39)
    #expect(world.verify().isEmpty)
  }
}
