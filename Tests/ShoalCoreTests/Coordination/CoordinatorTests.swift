import ShoalCore
import Testing

/// One engine, named `me` with a low NodeID, and what it makes of others.
@Suite struct CoordinatorTests {
  private static func record(
    _ id: NodeID, _ name: String, at incarnation: UInt64 = 1, reign: ReignClaim? = nil, role: MemberRole = .member
  ) -> Record {
    Record(
      id: id, incarnation: incarnation, seniority: 2, role: role, versions: .current, salt: 5,
      endpoint: Endpoint(v4: 0x0A00_0002, port: UInt16(truncatingIfNeeded: id.high)), name: name, tags: [:],
      supersedes: nil, reign: reign)
  }

  private static func alice(_ incarnation: UInt64 = 1, epoch: UInt64? = nil) -> Record {
    record(
      WireSamples.alice, "alice", at: incarnation, reign: epoch.map { ReignClaim(epoch: $0, reason: .other) })
  }

  private static func carol(_ incarnation: UInt64 = 1, epoch: UInt64? = nil, reason: ReignReason = .other) -> Record {
    record(WireSamples.carol, "carol", at: incarnation, reign: epoch.map { ReignClaim(epoch: $0, reason: reason) })
  }

  private static var highest: CoreConfiguration {
    var configuration = CoreConfiguration.lan
    configuration.coordination.policy = .highestID
    return configuration
  }

  private static func answer(_ sequence: UInt32, fingerprint: UInt64, epoch: UInt64 = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    DatagramHeader(coordination: .coordinationAnswer, sequence: sequence, fingerprint: fingerprint, epoch: epoch)
      .write(to: &bytes)
    return bytes
  }

  private static func coordinationHeaders(
    _ transmits: [(receiver: NodeID, bytes: [UInt8])]
  ) -> [(receiver: NodeID, header: DatagramHeader)] {
    transmits.compactMap { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      guard let header = try? DatagramHeader(from: &reader), [10, 11].contains(header.type.rawValue) else { return nil }
      return (transmit.receiver, header)
    }
  }

  private static func changes(_ events: [Event]) -> [Reign?] {
    events.compactMap { if case .coordinatorChanged(let reign) = $0 { .some(reign) } else { nil } }
  }

  // MARK: Claiming

  @Test("one alone coordinates when its view has been unchanged for 200 ms")
  func alone() {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .milliseconds(199))
    let (early, state) = (node.isCoordinator, node.coordinationState)
    #expect(!early)
    #expect(state == .settling)
    node.advance(by: .milliseconds(1))
    let (reign, isCoordinator, me) = (node.engine.coordinator, node.isCoordinator, node.engine.myself)
    #expect(isCoordinator)
    #expect(reign?.coordinator == me.id)
    #expect(reign?.name == "me")
    #expect(reign?.reason == .first)
    // Wall time, as far as the clock in hand goes.
    #expect((1_001...1_200).contains(reign?.epoch ?? 0))
    let (changes, claimed) = (Self.changes(node.events), node.engine.counters.reignsClaimed)
    #expect(changes == [reign])
    #expect(claimed == 1)
  }

  @Test("among others it asks them, and claims when most of those asked see the same")
  func asks() throws {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice())
    node.meet(Self.carol())
    node.clear()
    node.advance(by: .milliseconds(200))
    let asked = Self.coordinationHeaders(node.transmits)
    #expect(Set(asked.map(\.receiver)) == [WireSamples.alice, WireSamples.carol])
    let query = try #require(asked.first?.header)
    let fingerprint = node.engine.coordinationFingerprint
    #expect(query.fingerprint == fingerprint)
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint), from: WireSamples.alice)
    // Twice from the same one is not most of two.
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint), from: WireSamples.alice)
    let half = node.coordinationState
    #expect(half == .confirming)
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint, epoch: 5_000), from: WireSamples.carol)
    let reign = node.engine.coordinator
    #expect(reign?.epoch == 5_001)
    #expect(reign?.reason == .other)
  }

  @Test("nobody claims on the word of those who see something else, or were asked about something else")
  func unconfirmed() throws {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice())
    node.advance(by: .milliseconds(200))
    let query = try #require(Self.coordinationHeaders(node.transmits).first?.header)
    let fingerprint = node.engine.coordinationFingerprint
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint ^ 1), from: WireSamples.alice)
    node.receive(Self.answer(query.sequence &+ 8, fingerprint: fingerprint), from: WireSamples.alice)
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint), from: WireSamples.carol)
    let claimed = node.engine.counters.reignsClaimed
    #expect(claimed == 0)
    // The view changes while it is asked about.
    node.meet(Self.carol())
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint), from: WireSamples.alice)
    let still = node.engine.counters.reignsClaimed
    #expect(still == 0)
    node.clear()
    node.advance(by: .seconds(2))
    let again = Self.coordinationHeaders(node.transmits)
    #expect(Set(again.map(\.receiver)) == [WireSamples.alice, WireSamples.carol])
  }

  @Test("whoever reigns asks nobody, and whoever is asked answers with no more bytes")
  func quiet() {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .seconds(1))
    node.meet(Self.alice())
    node.clear()
    var query: [UInt8] = []
    DatagramHeader(coordination: .coordinationQuery, sequence: 24, fingerprint: 1, epoch: 1).write(to: &query)
    node.receive(query, from: WireSamples.alice)
    let sent = node.transmits
    #expect(sent.map(\.receiver) == [WireSamples.alice])
    #expect(sent.allSatisfy { $0.bytes.count <= query.count })
    let answered = Self.coordinationHeaders(sent).first?.header
    #expect(answered?.type == .coordinationAnswer)
    #expect(answered?.sequence == 24)
    node.clear()
    node.receive(query, from: WireSamples.carol)
    let toStranger = node.transmits.count
    #expect(toStranger == 0)
  }

  @Test("a coordinator that hears of a later epoch claims anew, above it")
  func renews() throws {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .seconds(1))
    node.meet(Self.alice())
    node.clear()
    node.receive(Self.answer(0, fingerprint: 0, epoch: 90_000), from: WireSamples.alice)
    node.advance(by: .milliseconds(250))
    let query = try #require(Self.coordinationHeaders(node.transmits).first?.header)
    let fingerprint = node.engine.coordinationFingerprint
    node.receive(Self.answer(query.sequence, fingerprint: fingerprint), from: WireSamples.alice)
    let (reign, history) = (node.engine.coordinator, node.engine.reignHistory)
    #expect(reign?.epoch == 90_001)
    #expect(reign?.reason == .merged)
    #expect(history.map(\.end) == [.merged, nil])
  }

  // MARK: Ceasing

  @Test("a coordinator whose view names another stands down at once, and tells that one its epoch")
  func standsDown() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.advance(by: .seconds(1))
    let before = node.engine.coordinator
    node.clear()
    node.meet(Self.alice())
    let (isCoordinator, state, me) = (node.isCoordinator, node.coordinationState, node.engine.myself)
    #expect(!isCoordinator)
    #expect(state == .following)
    #expect(me.incarnation == 3)
    let (changes, told) = (Self.changes(node.events), Self.coordinationHeaders(node.transmits))
    #expect(changes == [nil])
    #expect(told.map(\.receiver) == [WireSamples.alice])
    #expect(told.first?.header.epoch == before?.epoch)
    let history = node.engine.reignHistory
    #expect(history.map(\.end) == [.superseded])
  }

  @Test("an isolated coordinator stands down")
  func isolated() {
    var node = LoneNode(name: "me", seed: 1)
    node.advance(by: .seconds(1))
    node.meet(Self.alice())
    node.meet(Self.carol())
    node.clear()
    node.advance(by: .seconds(5))
    let (isIsolated, isCoordinator, state) = (
      node.engine.isIsolated, node.isCoordinator, node.coordinationState
    )
    #expect(isIsolated)
    #expect(!isCoordinator)
    #expect(state == .isolated)
    let history = node.engine.reignHistory
    #expect(history.map(\.end) == [.isolated])
  }

  @Test(
    "a coordinator that is held dead goes on if it may come back at once, and stands down while it proves its links")
  func heldDead() {
    func reigns(afterSilence span: Nanoseconds) -> (isCoordinator: Bool, raised: UInt64) {
      var node = LoneNode(name: "me", seed: 1)
      node.advance(by: .seconds(1))
      node.meet(Self.alice())
      node.meet(Self.carol())
      node.advance(by: span)
      let me = node.engine.myself
      let accusation = Update.dead(
        Update.Claim(id: me.id, incarnation: me.incarnation), Evidence(accuser: WireSamples.alice, paths: .direct))
      node.receive(.ping, carrying: [accusation], from: WireSamples.alice)
      let after = node.engine.myself
      return (node.isCoordinator, after.incarnation - me.incarnation)
    }
    let (goesOn, proves) = (reigns(afterSilence: 0), reigns(afterSilence: .seconds(10)))
    #expect(goesOn == (true, 1))
    #expect(proves == (false, 0))
  }

  @Test("two who have claimed the same epoch do not stay equal")
  func sameEpoch() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    node.meet(Self.carol(1, epoch: 5_000))
    node.advance(by: .milliseconds(400))
    let told = Self.coordinationHeaders(node.transmits).filter { $0.receiver == WireSamples.carol }
    #expect(told.first?.header.epoch == 5_001)
  }

  // MARK: Following

  @Test("a claim in a record is followed, and no older one after it")
  func follows() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    let first = node.engine.coordinator
    #expect(first?.epoch == 5_000)
    #expect(first?.name == "alice")
    node.meet(Self.alice(2))
    node.meet(Self.alice(3, epoch: 4_000))
    let after = node.engine.coordinator
    #expect(after == first)
    // She may not know: somebody tells her.
    node.advance(by: .milliseconds(400))
    let told = Self.coordinationHeaders(node.transmits)
    #expect(told.contains { $0.receiver == WireSamples.alice && $0.header.epoch == 5_000 })
    node.meet(Self.alice(4, epoch: 5_001))
    let (renewed, changes) = (node.engine.coordinator, Self.changes(node.events))
    #expect(renewed?.epoch == 5_001)
    #expect(changes == [first, renewed])
  }

  @Test("one that has stood down is followed until another claims, for two seconds at most")
  func handover() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    node.meet(Self.alice(2))
    node.advance(by: .milliseconds(1_999))
    let before = node.engine.coordinator
    #expect(before?.epoch == 5_000)
    node.advance(by: .milliseconds(2))
    let (after, history) = (node.engine.coordinator, node.engine.reignHistory)
    #expect(after == nil)
    #expect(history.map(\.end) == [.isolated])
  }

  @Test("two reigns that meet are one event to those who follow")
  func meet() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.alice(1, epoch: 5_000))
    node.clear()
    // Carol has reigned for longer on the other side of a split, under an older epoch.
    node.meet(Self.carol(1, epoch: 4_000))
    node.meet(Self.alice(2))
    let between = node.engine.coordinator
    #expect(between?.name == "alice")
    node.meet(Self.carol(2, epoch: 5_001, reason: .merged))
    let (changes, history) = (Self.changes(node.events), node.engine.reignHistory)
    #expect(changes.map { $0?.epoch } == [5_001])
    #expect(history.map(\.end) == [.merged, nil])
  }

  @Test("an observer is never named, and an epoch beyond all measure is refused")
  func unfit() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    node.meet(Self.record(WireSamples.carol, "carol", role: .observer))
    let (named, me) = (node.engine.namedCoordinator, node.engine.myself)
    #expect(named == me.id)
    node.meet(Self.alice(1, epoch: 1 << 50))
    let (reign, refused) = (node.engine.coordinator, node.engine.counters.rejectedJump)
    #expect(reign == nil)
    #expect(refused == 1)
  }

  @Test("history keeps the last 64 reigns")
  func history() {
    var node = LoneNode(name: "me", seed: 1, configuration: Self.highest)
    for step in 1...100 as ClosedRange<UInt64> { node.meet(Self.alice(step, epoch: 5_000 + step)) }
    let history = node.engine.reignHistory
    #expect(history.count == 64)
    #expect(history.first?.reign.epoch == 5_037)
    #expect(history.last?.reign.epoch == 5_100)
    #expect(history.last?.end == nil)
  }

  @Test("without coordination nobody is named, claims or answers")
  func off() {
    var node = LoneNode(name: "me", seed: 1, configuration: .classic)
    node.meet(Self.alice(1, epoch: 5_000))
    node.advance(by: .seconds(1))
    let (named, reign, state) = (
      node.engine.namedCoordinator, node.engine.coordinator, node.coordinationState
    )
    #expect(named == nil)
    #expect(reign == nil)
    #expect(state == .inactive)
  }
}
