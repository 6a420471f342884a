import ShoalCore
import Testing

/// How long a newcomer waits for seeds that do not answer.
@Suite("Joining")
struct JoiningTests {
  private static let seed = SeedAddress.endpoint(Endpoint(v4: 0x0A00_0002, port: 1))

  private func closed(by node: borrowing LoneNode) -> Int {
    node.actions.count { if case .close = $0 { true } else { false } }
  }

  @Test("after each round in which time ran out, an answer is waited for twice as long, four times at most")
  func patience() {
    var node = LoneNode(name: "me", seed: 1, seeds: [Self.seed])
    var waits: [Int] = []
    while waits.count < 5 {
      while node.dialled.isEmpty { node.advance(by: .milliseconds(100)) }
      let start = node.now.monotonic
      while closed(by: node) == 0 { node.advance(by: .milliseconds(100)) }
      waits.append(Int((node.now.monotonic.since(start) + .milliseconds(500)) / .seconds(1)))
      node.clear()
    }
    #expect(waits == [5, 10, 20, 20, 20])
  }

  @Test(
    "a member looks for lost seeds again within the longest wait, whatever its probe period, but not before its dials have ended",
    arguments: [(1, 30_000), (60, 30_000), (60, 60), (1, 10)])
  func lostSeeds(probeSeconds: Int, longestWaitMilliseconds: Int) {
    var configuration = CoreConfiguration.lan
    configuration.detection.probeInterval = .seconds(probeSeconds)
    configuration.membership.joinRetryInterval = .milliseconds(10)
    configuration.membership.joinRetryLimit = .milliseconds(longestWaitMilliseconds)
    // The seed is itself for now, so it founds the cluster.
    var node = LoneNode(name: "me", seed: 1, configuration: configuration, seeds: [.host("seed", port: 1)])
    node.resolve(to: [node.engine.myself.endpoint])
    #expect(node.events.contains { if case .admitted(_, founded: true) = $0 { true } else { false } })

    var starts: [Instant] = []
    while starts.count < 20 {
      node.clear()
      while node.lookups.isEmpty { node.advance(by: .milliseconds(100)) }
      starts.append(node.now.monotonic)
      node.resolve(to: [Endpoint(v4: 0x0A00_0002, port: 1)])
      #expect(node.dialled.count == 1)
    }
    let waits = zip(starts, starts.dropFirst()).map { $1.since($0) }
    let longest = max(.seconds(5), Nanoseconds.milliseconds(UInt64(longestWaitMilliseconds))) + .milliseconds(1_200)
    #expect(waits.allSatisfy { .seconds(5) <= $0 && $0 <= longest })
  }

  @Test("a newcomer that stands still gives up nobody who may have answered meanwhile")
  func standsStill() {
    var node = LoneNode(name: "me", seed: 1, seeds: [Self.seed])
    #expect(node.dialled.count == 1)
    node.stall(for: .seconds(20))
    #expect(closed(by: node) == 0)
    node.advance(by: .seconds(2))
    #expect(closed(by: node) == 1)
  }
}
