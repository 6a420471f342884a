import ShoalCore
import ShoalSimulator
import Testing

/// The checker of messages finds messengers in which one rule is broken, within a stated number of seeds, and each false report.
@Suite struct MessageCheckerTests {
  /// Many messages, and faults that break connections and sessions.
  private static func scenario(_ seed: UInt64) -> Scenario {
    Scenario(
      seed: seed, nodes: 4, configuration: .local, length: .seconds(40),
      messages: MessageLoad(interval: .milliseconds(50), largest: 60_000),
      faults: [
        .from(.seconds(5), for: .milliseconds(600), .resetStreams(.all)),
        .from(.seconds(8), for: .seconds(8), .split([["node-0", "node-1"], ["node-2", "node-3"]])),
        .from(.seconds(18), for: .seconds(2), .halfOpenStreams(.all)),
        .at(.seconds(25), .restart("node-3")),
        .from(.seconds(27), for: .milliseconds(600), .resetStreams(.all)),
        .from(.seconds(30), for: .seconds(7), .cut(.from("node-1", to: "node-2"))),
      ])
  }

  @Test("each broken rule of a messenger is found within eight seeds", arguments: MessagingBug.allCases)
  func found(bug: MessagingBug) {
    let isFound = (UInt64(1)...8).contains { seed in
      Self.scenario(seed).run(planted: nil, plantedInMessages: bug).violations.contains {
        $0.invariant == .messagesArrive
      }
    }
    #expect(isFound)
  }

  @Test("the same seeds break nothing without a bug, and connections and sessions really break")
  func sound() {
    var faults = FaultCounts()
    for seed in UInt64(1)...8 {
      let outcome = Self.scenario(seed).run()
      #expect(outcome.violations.isEmpty, "seed \(seed): \(outcome.violations.map(\.description))")
      faults = faults + outcome.faults
    }
    #expect(faults.messagesDelivered > 1_000 && faults.messagesUnknown > 0)
    #expect(faults.sessionsBroken > 0 && faults.streamsReset > 0 && faults.segmentsSwallowed > 0)
  }

  @Test("a user of the world sends messages by name")
  func byName() {
    let world = World(seed: 3)
    world.start(3)
    world.run(until: \.isOneView, limit: .seconds(30))
    #expect(world.send([1, 2, 3], from: "node-0", to: "node-2"))
    #expect(!world.send([1], from: "node-0", to: "nobody"))
    #expect(!world.send([1], from: "node-0", to: "node-0"))
    world.run(for: .seconds(2))
    #expect(world.faults.messagesReceived == 1 && world.faults.messagesDelivered == 1)
    #expect(world.verify().isEmpty)
  }
}
