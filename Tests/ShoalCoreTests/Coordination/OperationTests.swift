import ShoalCore
import Testing

/// One engine, named `me`, the oldest member with the lowest NodeID, and what operators do to it.
@Suite struct OperationTests {
  private static func record(
    _ id: NodeID, _ name: String, at incarnation: UInt64, epoch: UInt64?, reason: ReignReason = .other,
    flags: MemberFlags = []
  ) -> Record {
    Record(
      id: id, incarnation: incarnation, seniority: 2, role: .member, versions: .current, salt: 5,
      endpoint: Endpoint(v4: 0x0A00_0002, port: UInt16(truncatingIfNeeded: id.high)), name: name, tags: [:],
      supersedes: nil, flags: flags, reign: epoch.map { ReignClaim(epoch: $0, reason: reason) })
  }

  private static func alice(
    _ incarnation: UInt64 = 1, epoch: UInt64? = nil, reason: ReignReason = .other, flags: MemberFlags = []
  ) -> Record {
    record(WireSamples.alice, "alice", at: incarnation, epoch: epoch, reason: reason, flags: flags)
  }

  private static var highest: CoreConfiguration {
    var configuration = CoreConfiguration.lan
    configuration.coordination.policy = .highestID
    return configuration
  }

  /// `me` reigns, and knows Alice.
  private static func coordinator() -> LoneNode {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .seconds(1))
    node.meet(alice())
    node.clear()
    return node
  }

  private static func headers(
    _ node: borrowing LoneNode, _ type: DatagramType
  ) -> [(receiver: NodeID, header: DatagramHeader)] {
    node.transmits.compactMap { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      guard let header = try? DatagramHeader(from: &reader), header.type == type else { return nil }
      return (transmit.receiver, header)
    }
  }

  /// Alice confirms whatever `me` has asked her last.
  private static func confirm(_ node: inout LoneNode) throws {
    let query = try #require(headers(node, .coordinationQuery).last?.header)
    var answer: [UInt8] = []
    DatagramHeader(
      coordination: .coordinationAnswer, sequence: query.sequence, fingerprint: node.engine.coordinationFingerprint,
      epoch: 0
    ).write(to: &answer)
    node.receive(answer, from: WireSamples.alice)
  }

  private static func election(above epoch: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    DatagramHeader(coordination: .coordinationElection, sequence: 0, fingerprint: 0, epoch: epoch).write(to: &bytes)
    return bytes
  }

  // MARK: Eligibility

  @Test("a node that is not eligible says so, and neither names itself nor claims")
  func notEligible() {
    var configuration = CoreConfiguration.lan
    configuration.coordination.isEligible = false
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.advance(by: .seconds(2))
    let (me, state, claimed) = (
      node.engine.myself, node.coordinationState, node.engine.counters.reignsClaimed
    )
    #expect(me.flags == .notEligible)
    #expect(!me.isEligible)
    #expect(state == .noneEligible)
    #expect(claimed == 0)
    node.meet(Self.alice())
    let named = node.engine.namedCoordinator
    #expect(named == WireSamples.alice)
  }

  @Test("flags change the fingerprint of coordination, but those of later versions exclude nobody")
  func laterFlags() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice())
    let before = node.engine.coordinationFingerprint
    node.meet(Self.alice(2, flags: MemberFlags(rawValue: 0x80)))
    let (later, named) = (node.engine.coordinationFingerprint, node.engine.namedCoordinator)
    #expect(later == before)
    #expect(named == WireSamples.alice)
    node.meet(Self.alice(3, flags: .draining))
    let (drained, me) = (node.engine.coordinationFingerprint, node.engine.myself)
    #expect(drained != before)
    let next = node.engine.namedCoordinator
    #expect(next == me.id)
  }

  // MARK: Drain

  @Test("a drained coordinator without open tokens stands down at once, and coordinates again when it is undrained")
  func drains() throws {
    var node = Self.coordinator()
    let refusal = node.perform(.drain(timeout: .seconds(30)))
    #expect(refusal == nil)
    let (me, isCoordinator, named, end) = (
      node.engine.myself, node.isCoordinator, node.engine.namedCoordinator, node.engine.reignHistory.last?.end
    )
    #expect(me.flags == .draining)
    #expect(!isCoordinator)
    #expect(named == WireSamples.alice)
    #expect(end == .drained)
    let again = node.perform(.undrain)
    #expect(again == nil)
    node.advance(by: .milliseconds(250))
    try Self.confirm(&node)
    let (flags, reigns) = (node.engine.myself.flags, node.isCoordinator)
    #expect(flags == [])
    #expect(reigns)
  }

  @Test("open tokens keep the reign of a drained coordinator until the last is returned")
  func tokensReturned() {
    var node = Self.coordinator()
    node.setOpenTokens(2)
    node.perform(.drain(timeout: .seconds(30)))
    node.advance(by: .seconds(5))
    let (reigns, named, left) = (
      node.isCoordinator, node.engine.namedCoordinator, node.engine.drainTimeLeft(at: node.now.monotonic)
    )
    #expect(reigns)
    #expect(named == WireSamples.alice)
    #expect(left == .seconds(25))
    node.setOpenTokens(1)
    let still = node.isCoordinator
    #expect(still)
    node.setOpenTokens(0)
    let (after, end) = (node.isCoordinator, node.engine.reignHistory.last?.end)
    #expect(!after)
    #expect(end == .drained)
  }

  @Test("open tokens keep a reign no longer than the timeout", arguments: [0, 30] as [UInt64])
  func tokensKept(seconds: UInt64) {
    var node = Self.coordinator()
    node.setOpenTokens(1)
    node.perform(.drain(timeout: .seconds(seconds)))
    if seconds > 0 {
      node.advance(by: .seconds(seconds) - 1)
      let before = node.isCoordinator
      #expect(before)
    }
    node.advance(by: 1)
    let after = node.isCoordinator
    #expect(!after)
  }

  @Test("open tokens keep no reign that somebody else claims as well")
  func contested() {
    var node = Self.coordinator()
    node.setOpenTokens(1)
    node.perform(.drain(timeout: .seconds(30)))
    node.meet(Self.alice(2, epoch: 90_000))
    let (reigns, followed) = (node.isCoordinator, node.engine.coordinator)
    #expect(!reigns)
    #expect(followed?.name == "alice")
  }

  @Test("when all are drained nobody coordinates, and none is named")
  func allDrained() {
    var node = Self.coordinator()
    node.meet(Self.alice(2, flags: .draining))
    node.perform(.drain(timeout: .zero))
    node.advance(by: .seconds(3))
    let (named, state, reign) = (node.engine.namedCoordinator, node.coordinationState, node.engine.coordinator)
    #expect(named == nil)
    #expect(state == .noneEligible)
    #expect(reign == nil)
  }

  @Test("whoever follows a drained coordinator waits for it, then says why it reigns")
  func successor() throws {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 50_000))
    node.meet(Self.alice(2, epoch: 50_000, flags: .draining))
    node.advance(by: .seconds(2))
    let waits = node.engine.counters.coordinationQueriesSent
    #expect(waits == 0)
    node.meet(Self.alice(3, flags: .draining))
    node.advance(by: .milliseconds(250))
    try Self.confirm(&node)
    let reign = node.engine.coordinator
    #expect(reign?.epoch == 50_001)
    #expect(reign?.reason == .drained)
  }

  // MARK: Abdicate

  @Test("one that abdicates stands aside until the reign after its own is over")
  func abdicates() {
    var node = Self.coordinator()
    let epoch = node.engine.coordinator?.epoch ?? 0
    let refusal = node.perform(.abdicate)
    #expect(refusal == nil)
    let (me, reigns, end) = (node.engine.myself, node.isCoordinator, node.engine.reignHistory.last?.end)
    #expect(me.flags == .abdicated)
    #expect(!reigns)
    #expect(end == .abdicated)
    node.meet(Self.alice(2, epoch: epoch + 1, reason: .abdicated))
    node.advance(by: .seconds(2))
    let (flags, followed) = (node.engine.myself.flags, node.engine.coordinator)
    #expect(flags == .abdicated)
    #expect(followed?.reason == .abdicated)
    node.meet(Self.alice(3, flags: .draining))
    let after = (node.engine.myself.flags, node.engine.namedCoordinator == node.engine.myself.id)
    #expect(after == ([], true))
  }

  @Test("an abdication is taken back when nobody else is left who may coordinate")
  func takenBack() {
    var node = Self.coordinator()
    node.perform(.abdicate)
    node.receive(
      .gossip, carrying: [.left(Update.Claim(id: WireSamples.alice, incarnation: 1), .left)], from: WireSamples.alice)
    node.advance(by: .milliseconds(250))
    let (flags, reigns) = (node.engine.myself.flags, node.isCoordinator)
    #expect(flags == [])
    #expect(reigns)
  }

  @Test("who does not coordinate cannot abdicate, nor who is the only one that may coordinate")
  func cannotAbdicate() {
    var alone = LoneNode(name: "me", seed: 1)
    let early = alone.perform(.abdicate)
    #expect(early == .notCoordinating(follows: nil))
    alone.advance(by: .seconds(1))
    alone.meet(Self.alice(1, flags: .notEligible))
    let (only, reigns) = (alone.perform(.abdicate), alone.isCoordinator)
    #expect(only == .nobodyElseEligible)
    #expect(reigns)
    var follower = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    follower.meet(Self.alice(1, epoch: 5_000))
    let following = follower.perform(.abdicate)
    #expect(following == .notCoordinating(follows: "alice"))
  }

  // MARK: Elect

  @Test("a forced reign is another one of the same member, under a higher epoch")
  func elects() throws {
    var node = Self.coordinator()
    node.advance(by: .milliseconds(250))
    let before = node.engine.coordinator?.epoch ?? 0
    let refusal = node.perform(.elect)
    #expect(refusal == nil)
    try Self.confirm(&node)
    let (reign, history) = (node.engine.coordinator, node.engine.reignHistory)
    #expect((reign?.epoch ?? 0) > before)
    #expect(reign?.reason == .forced)
    #expect(history.map(\.end) == [.forced, nil])
    node.advance(by: .seconds(10))
    let claimed = node.engine.counters.reignsClaimed
    #expect(claimed == 2)
  }

  @Test("a flood of requests makes one new reign a second, and those above nothing new make none")
  func flood() {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .seconds(1))
    node.meet(Self.alice())
    // Alone again: it confirms its claims to itself, so that only the rate holds it back.
    node.receive(
      .gossip, carrying: [.left(Update.Claim(id: WireSamples.alice, incarnation: 1), .left)], from: WireSamples.alice)
    let before = node.engine.counters.reignsClaimed
    for _ in 0..<300 {
      node.receive(Self.election(above: node.engine.highestEpoch), from: WireSamples.alice)
      node.advance(by: .milliseconds(10))
    }
    let claimed = node.engine.counters.reignsClaimed - before
    #expect((1...3).contains(claimed))
    let settled = node.engine.counters.reignsClaimed
    node.advance(by: .seconds(5))
    for _ in 0..<10 {
      node.receive(Self.election(above: 1), from: WireSamples.alice)
      node.receive(Self.election(above: node.engine.highestEpoch), from: WireSamples.carol)
      node.advance(by: .seconds(1))
    }
    let after = node.engine.counters.reignsClaimed
    #expect(after == settled)
  }

  @Test("one that follows asks whom its view names, until a new reign begins")
  func asks() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    node.clear()
    node.perform(.elect)
    node.advance(by: .milliseconds(600))
    let asked = Self.headers(node, .coordinationElection)
    #expect(asked.map(\.receiver) == Array(repeating: WireSamples.alice, count: 3))
    #expect(asked.allSatisfy { $0.header.epoch == 5_000 })
    node.meet(Self.alice(2, epoch: 5_001, reason: .forced))
    node.clear()
    node.advance(by: .seconds(6))
    let (later, history) = (Self.headers(node, .coordinationElection).count, node.engine.reignHistory)
    #expect(later == 0)
    #expect(history.map(\.end) == [.forced, nil])
  }

  @Test("a request that nobody heeds is given up after five seconds")
  func unheeded() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    node.perform(.elect)
    node.advance(by: .seconds(20))
    let sent = node.engine.counters.coordinationElectionsSent
    #expect(sent == 20)
  }

  @Test("a forced reign ends one that open tokens keep")
  func forcesDrained() {
    var node = Self.coordinator()
    node.setOpenTokens(1)
    node.perform(.drain(timeout: .seconds(30)))
    node.receive(Self.election(above: node.engine.highestEpoch), from: WireSamples.alice)
    let reigns = node.isCoordinator
    #expect(!reigns)
  }

  @Test("no new reign is asked for where nobody may coordinate, or coordination is off")
  func cannotElect() {
    var configuration = CoreConfiguration.lan
    configuration.coordination.isEligible = false
    var none = LoneNode(name: "me", seed: 1, configuration: configuration)
    var off = LoneNode(name: "me", seed: 1, configuration: .classic)
    let (first, second) = (none.perform(.elect), off.perform(.elect))
    #expect(first == .nobodyEligible)
    #expect(second == .coordinationOff)
  }

  @Test("a node that is no member refuses every operation")
  func noMember() {
    var node = Self.coordinator()
    node.perform(.leave)
    for operation in [Operation.drain(timeout: 0), .undrain, .abdicate, .elect, .evict(WireSamples.alice)] {
      let refusal = node.perform(operation)
      #expect(refusal == .notMember)
    }
  }
}
