import ShoalCore
import Testing

@Suite("Pings that measure")
struct MeasuringTests {
  private static func record(_ id: NodeID, name: String, port: UInt16) -> Record {
    Record(
      id: id, incarnation: 1, seniority: 2, role: .member, versions: .current, salt: 5,
      endpoint: Endpoint(v4: 0x0A00_0002, port: port), name: name, tags: [:], supersedes: nil)
  }

  private let alice = Self.record(WireSamples.alice, name: "alice", port: 2)
  private let carol = Self.record(WireSamples.carol, name: "carol", port: 3)

  private func node(knowing members: [Record], configuration: CoreConfiguration = .lan) -> LoneNode {
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    for member in members { node.meet(member) }
    node.clear()
    return node
  }

  @Test("the round trip lasts from the ping to its ack, and is told once")
  func roundTrip() throws {
    var node = self.node(knowing: [alice, carol])
    node.measure(alice.id, token: 7, timeout: .seconds(1))
    let sent = node.transmits
    #expect(sent.map(\.receiver) == [alice.id])
    #expect(sent.first?.bytes.first == DatagramType.ping.rawValue)
    let ping = try #require(sent.first?.bytes)
    node.advance(by: .milliseconds(3))
    try node.acknowledge(ping, from: carol.id)
    let early = node.pingResults
    #expect(early.isEmpty, "another's ack is no answer")
    try node.acknowledge(ping, from: alice.id)
    try node.acknowledge(ping, from: alice.id)
    node.advance(by: .seconds(2))
    let results = node.pingResults
    #expect(results.map(\.token) == [7])
    #expect(results.map(\.outcome) == [.answered(.milliseconds(3))])
  }

  @Test("without an ack the result comes when the time is over, and a later ack is passed over")
  func lost() throws {
    var node = self.node(knowing: [alice, carol])
    node.measure(alice.id, token: 7, timeout: .milliseconds(20))
    let ping = try #require(node.transmits.first?.bytes)
    node.advance(by: .milliseconds(19))
    let early = node.pingResults
    #expect(early.isEmpty)
    node.advance(by: .milliseconds(2))
    let results = node.pingResults
    #expect(results.map(\.token) == [7])
    #expect(results.map(\.outcome) == [.unanswered])
    try node.acknowledge(ping, from: alice.id)
    let later = node.pingResults
    #expect(later == results)
  }

  @Test("pings without answers change nothing in what the failure detector does")
  func noEvidence() {
    // The hand-held wall clock loses a little at every deadline, so probes must not be aligned by it.
    var configuration = CoreConfiguration.lan
    configuration.features = .all.subtracting(.alignedProbing)
    // Nor may epochs, which are drawn from it.
    configuration.coordination.isEnabled = false
    var quiet = self.node(knowing: [alice], configuration: configuration)
    var measuring = self.node(knowing: [alice], configuration: configuration)
    for round in 0..<200 {
      measuring.measure(alice.id, token: UInt64(round), timeout: .milliseconds(80))
      measuring.advance(by: .milliseconds(50))
      quiet.advance(by: .milliseconds(50))
      let (here, there) = (measuring.engine.counters, quiet.engine.counters)
      #expect(here.probesStarted == there.probesStarted)
      #expect(here.probesFailed == there.probesFailed)
      #expect(here.suspicionsRaised == there.suspicionsRaised)
      let (health, otherHealth) = (measuring.engine.localHealthScore, quiet.engine.localHealthScore)
      #expect(health == otherHealth)
    }
    let (events, others) = (measuring.events, quiet.events)
    #expect(events == others)
    #expect(events.contains { if case .suspected = $0 { true } else { false } }, "the member was silent")
    let unanswered = measuring.pingResults.count { $0.outcome == .unanswered }
    #expect(unanswered > 0)
  }

  @Test("an answer ends a private suspicion, as any ack does")
  func clears() throws {
    var node = self.node(knowing: [alice])
    for _ in 0..<300 where !node.engine.suspects(alice.id) { node.advance(by: .milliseconds(10)) }
    let isSuspected = node.engine.suspects(alice.id)
    #expect(isSuspected)
    node.clear()
    node.measure(alice.id, token: 1, timeout: .seconds(1))
    let ping = try #require(node.transmits.first?.bytes)
    try node.acknowledge(ping, from: alice.id)
    let (isStillSuspected, cleared) = (node.engine.suspects(alice.id), node.engine.counters.suspicionsCleared)
    #expect(!isStillSuspected)
    #expect(cleared == 1)
  }

  @Test("so many at once, and no more; what the protocol asks for itself still finds room")
  func bounded() {
    var node = self.node(knowing: [alice, carol])
    for token in 0..<70 { node.measure(alice.id, token: UInt64(token), timeout: .milliseconds(20)) }
    let refused = node.pingResults
    #expect(refused.map(\.token) == Array(64..<70))
    #expect(refused.allSatisfy { $0.outcome == .tooMany })
    let waiting = node.engine.footprint.pendingPings
    #expect(waiting == 64)
    node.advance(by: .milliseconds(30))
    let results = node.pingResults
    #expect(Set(results.map(\.token)) == Set(0..<70))
    let left = node.engine.footprint.pendingPings
    #expect(left == 0)
  }

  @Test("strangers and the node itself are not pinged")
  func strangers() {
    var node = self.node(knowing: [alice, carol])
    let me = node.engine.myself.id
    node.measure(NodeID(high: 9, low: 9), token: 1, timeout: .seconds(1))
    node.measure(me, token: 2, timeout: .seconds(1))
    let results = node.pingResults
    #expect(results.map(\.token) == [1, 2])
    #expect(results.map(\.outcome) == [.notMember, .notMember])
    let sent = node.transmits.count
    #expect(sent == 0)
  }
}
