import ShoalCore
import Testing

@Suite("Received updates")
struct ReceivedUpdateTests {
  private static let accusation = Evidence(accuser: WireSamples.bob, paths: .direct)

  /// An alive update of a known process whose body is nonsense.
  private static func damaged(_ claim: Update.Claim) -> [UInt8] {
    var bytes = WireSamples.datagram(.gossip)
    bytes.writeField(FieldTag.update) {
      $0.write(MemberStatus.alive.rawValue)
      $0.write(claim.id)
      $0.writeVarint(claim.incarnation)
      $0.append(contentsOf: [0xFF, 0xFF])
    }
    return bytes
  }

  @Test("news of an older incarnation is stale whatever stands behind it; of a newer one it is read, and found damaged")
  func staleIsNotRead() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(WireSamples.record)
    node.receive(Self.damaged(Update.Claim(id: WireSamples.alice, incarnation: 2)), from: WireSamples.alice)
    let older = node.engine.counters
    #expect(older.updatesStale == 1)
    #expect(older.rejectedMalformedDatagram == 0)
    #expect(older.rejectedConflictingRecord == 0)
    node.receive(Self.damaged(Update.Claim(id: WireSamples.alice, incarnation: 4)), from: WireSamples.alice)
    let newer = node.engine.counters
    #expect(newer.rejectedMalformedDatagram == 1)
    let member = node.engine.member(WireSamples.alice)
    #expect(member?.incarnation == 3)
  }

  @Test("other bytes under a known incarnation contradict the record")
  func conflicting() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(WireSamples.record)
    node.receive(Self.damaged(Update.Claim(id: WireSamples.alice, incarnation: 3)), from: WireSamples.alice)
    node.meet(WireSamples.record)
    let counters = node.engine.counters
    #expect(counters.rejectedConflictingRecord == 1)
    #expect(counters.updatesStale == 2)
  }

  @Test("an accusation that is known, with witnesses that are known, is stale; a new witness counts")
  func knownEvidence() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(WireSamples.record)
    let claim = Update.Claim(id: WireSamples.alice, incarnation: 3)
    for _ in 0..<3 { node.receive(.gossip, carrying: [.suspect(claim, Self.accusation)], from: WireSamples.bob) }
    let (status, stale) = (node.engine.member(WireSamples.alice)?.status, node.engine.counters.updatesStale)
    #expect(status == .suspect)
    #expect(stale == 2)
  }

  @Test("an unknown process that is accused or gone is not remembered", arguments: WireSamples.updates.dropFirst(2))
  func strangers(update: Update) {
    var node = LoneNode(name: "me", seed: 1)
    node.receive(.gossip, carrying: [update], from: WireSamples.bob)
    let member = node.engine.member(WireSamples.alice)
    #expect(member == nil)
  }
}

@Suite("Record interner")
struct RecordInternerTests {
  private static func shared(_ record: Record, in interner: RecordInterner) throws -> Record {
    let body = [UInt8](record.body)
    return try interner.record(
      Update.Claim(id: record.id, incarnation: record.incarnation), body: body.rawSpan)
  }

  @Test("the same bytes give the same memory, other bytes their own")
  func sharing() throws {
    let interner = RecordInterner()
    let first = try Self.shared(WireSamples.record, in: interner)
    #expect(try Self.shared(WireSamples.record, in: interner).isSameMemory(as: first))
    #expect(first == WireSamples.record)
    let other = try Self.shared(WireSamples.record.at(endpointPort: 9), in: interner)
    #expect(!other.isSameMemory(as: first))
    #expect(other != first)
    #expect(try Self.shared(WireSamples.record, in: interner).isSameMemory(as: first))
    #expect(interner.count == 1)
  }

  @Test("it never holds more than two generations, and keeps what is asked for")
  func bounded() throws {
    let interner = RecordInterner(limit: 10)
    let kept = try Self.shared(WireSamples.record, in: interner)
    for incarnation in UInt64(10)..<200 {
      _ = try Self.shared(WireSamples.record.with(incarnation: incarnation), in: interner)
      #expect(interner.count <= 20)
      #expect(try Self.shared(WireSamples.record, in: interner).isSameMemory(as: kept))
    }
  }
}

extension Record {
  /// Whether both are one and the same piece of memory.
  fileprivate func isSameMemory(as other: Record) -> Bool {
    body.span.isIdentical(to: other.body.span)
  }
}
