import ShoalCore
import ShoalSimulator
import Testing

@Suite struct LinkFaultTests {
  private func formed(_ count: Int, seed: UInt64 = 1, sealing: World.Sealing = .real) -> World {
    let world = World(seed: seed, sealing: sealing)
    world.start(count)
    world.run(until: \.isOneView, limit: .seconds(60))
    world.run(for: .seconds(5))
    return world
  }

  /// Runs a fault over all links for a while and returns what happened.
  private func effect(_ fault: Fault, sealing: World.Sealing = .real, for span: Duration = .seconds(10)) -> FaultCounts
  {
    let world = formed(6, sealing: sealing)
    let id = world.begin(fault)
    world.setTags(["news": "1"], of: "node-1")
    world.join("late", through: ["node-0"])
    world.run(for: span)
    if let id { world.end(id) }
    #expect(world.run(until: \.isOneView, limit: .seconds(120)) != nil, "\(fault)")
    #expect(world.verify().isEmpty, "\(fault): \(world.violations)")
    return world.faults
  }

  @Test("each fault of datagrams happens, is counted, and leaves one view behind", arguments: World.Sealing.allCases)
  func datagrams(sealing: World.Sealing) {
    #expect(effect(.loss(.all, percent: 30), sealing: sealing).packetsLost > 10)
    #expect(effect(.bursts(.all, percent: 20, length: 5), sealing: sealing).packetsLost > 5)
    #expect(effect(.duplicates(.all, percent: 50), sealing: sealing).packetsDuplicated > 10)
    #expect(effect(.reorder(.all, percent: 50, within: .milliseconds(50)), sealing: sealing).packetsLate > 10)
    #expect(effect(.spikes(.all, percent: 30, by: .milliseconds(300)), sealing: sealing).packetsLate > 10)
    let refused = effect(.corruption(.all, percent: 20), sealing: sealing)
    #expect(refused.packetsCorrupted > 10 && refused.packetsRefused >= refused.packetsCorrupted / 2)
    #expect(effect(.truncation(.all, percent: 20), sealing: sealing).packetsTruncated > 10)
    #expect(effect(.sizeLimit(.all, bytes: 110), sealing: sealing).packetsTooLong > 0)
    #expect(effect(.forge(.everyone, perSecond: 10), sealing: sealing).packetsForged > 100)
    for elsewhere in [false, true] {
      let replay = Fault.replay(.all, percent: 50, within: .seconds(5), elsewhere: elsewhere)
      #expect(effect(replay, sealing: sealing).packetsReplayed > 20)
    }
  }

  @Test("each fault of streams happens, is counted, and leaves one view behind", arguments: World.Sealing.allCases)
  func streams(sealing: World.Sealing) {
    #expect(effect(.refuseStreams(.all), sealing: sealing).dialsFailed > 0)
    #expect(effect(.resetStreams(.all), sealing: sealing).streamsReset > 0)
    #expect(effect(.halfOpenStreams(.all), sealing: sealing).segmentsSwallowed > 0)
    #expect(effect(.stallStreams(.all), sealing: sealing).segmentsRetried > 0)
    #expect(effect(.loss(.all, percent: 60), sealing: sealing).connectsRetried > 0)
  }

  @Test("loss in bursts loses as much as it should, in rows")
  func bursts() {
    let world = formed(8, sealing: .counted)
    let before = (world.faults.packetsLost, world.traffic.packets)
    world.begin(.bursts(.all, percent: 20, length: 10))
    world.run(for: .seconds(300))
    let share = 100 * (world.faults.packetsLost - before.0) / Int(world.traffic.packets - before.1)
    #expect((12...28).contains(share))
  }

  @Test("a way that is cut in one direction is open in the other")
  func oneWay() {
    let world = formed(2)
    world.begin(.cut(.from("node-0", to: "node-1")))
    world.setTags(["from": "0"], of: "node-0")
    world.setTags(["from": "1"], of: "node-1")
    world.run(for: .seconds(2))
    #expect(world.members(at: "node-1").first { $0.name == "node-0" }?.tags.isEmpty == true)
    #expect(world.members(at: "node-0").first { $0.name == "node-1" }?.tags == ["from": "1"])
  }

  @Test("two nodes that a third one reaches stay members although they do not hear each other")
  func nonTransitive() {
    let world = formed(5)
    world.begin(.cut(.between("node-1", and: "node-2")))
    world.run(for: .seconds(60))
    #expect(world.admittedCount == 5)
    #expect(world.members(at: "node-1").count == 5)
    #expect(world.faults.packetsCut > 0)
    #expect(world.faults.deaths == 0)
  }

  @Test("a link that flaps is down and up in turn")
  func flap() {
    let world = formed(5)
    world.begin(.flap(.touching("node-3"), down: .milliseconds(300), up: .milliseconds(300)))
    world.run(for: .seconds(30))
    #expect(world.faults.packetsCut > 0)
    world.healEverything()
    #expect(world.run(until: \.isOneView, limit: .seconds(60)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("faults compose, and each ends by itself")
  func composed() {
    let world = formed(6)
    world.order([
      .from(world.now + .seconds(1), for: .seconds(4), .loss(.all, percent: 50)),
      .from(world.now + .seconds(2), for: .seconds(1), .pause(["node-2", "node-3"])),
      .from(world.now + .seconds(2), for: .seconds(6), .split([["node-4"], ["node-5"]])),
    ])
    world.run(for: .seconds(4))
    #expect(world.faults.pauses == 2 && world.faults.splits == 1)
    #expect(world.run(until: \.isOneView, limit: .seconds(120)) != nil)
    #expect(world.violations.isEmpty)
  }

  @Test("a fault reads as a line of a story")
  func text() {
    let line = ScheduledFault.from(.seconds(2), for: .seconds(5), .cut(.between("a", and: ["b", "c"])))
    #expect(line.description == "2.000 s cut a ⇄ b c for 5.000 s")
    #expect(ScheduledFault.at(.milliseconds(1_500), .crash(.everyone)).description == "1.500 s crash everyone")
  }
}
