import ShoalCore
import Testing

@Suite("Digest")
struct DigestTests {
  private static func record(_ random: inout PRNG, incarnation: UInt64 = 1) -> Record {
    Record(
      id: NodeID(drawnFrom: &random), incarnation: incarnation, seniority: 1, role: .member, versions: .current,
      salt: 1,
      endpoint: Endpoint(v4: 0x0A00_0001, port: 1), name: "a", tags: [:], supersedes: nil)
  }

  @Test("equal views have equal digests, whatever the order in which they came about")
  func equal() {
    var random = PRNG(seed: 1)
    let records = (0..<500).map { _ in Self.record(&random) }
    var one = Digest()
    var other = Digest()
    for record in records { one.insert(record) }
    for record in records.reversed() { other.insert(record) }
    #expect(one == other)
    #expect(one.differences(from: other.compact(salt: 1)).isEmpty)
  }

  @Test("different views differ in exactly the buckets of the members that differ", arguments: 1...20)
  func differences(seed: UInt64) {
    var random = PRNG(seed: seed)
    var one = Digest()
    var other = Digest()
    for _ in 0..<1_000 {
      let record = Self.record(&random)
      one.insert(record)
      other.insert(record)
    }
    var expected = BucketSet()
    for missing in 0..<3 {
      let record = Self.record(&random, incarnation: UInt64(missing) + 1)
      one.insert(record)
      expected.insert(Digest.bucket(of: record.id))
    }
    #expect(one.differences(from: other.compact(salt: 1)) == expected)
    #expect(other.differences(from: one.compact(salt: 2)) == expected)
  }

  @Test("a difference that hides under one salt is seen under the next")
  func hidden() throws {
    var random = PRNG(seed: 4)
    let known = Digest()
    // One record in 65,536 leaves no trace in the bits that travel.
    let hidden = try #require(
      (0..<1_000_000).lazy.map { _ in Self.record(&random) }.first { record in
        var other = Digest()
        other.insert(record)
        return known.differences(from: other.compact(salt: 1)).isEmpty
      })
    var other = Digest()
    other.insert(hidden)
    var expected = BucketSet()
    expected.insert(Digest.bucket(of: hidden.id))
    #expect(known.differences(from: other.compact(salt: 2)) == expected)
  }

  @Test("each digest of one view has a salt of its own")
  func salts() throws {
    var random = PRNG(seed: 5)
    let peer = Self.record(&random).at(endpointPort: 2)
    var node = LoneNode(name: "me", seed: 1)
    node.meet(peer)
    var seen = 0
    for _ in 0..<10_000 {
      node.advance(by: .milliseconds(1))
      let new = node.transmits[seen...]
      seen = node.transmits.count
      for transmit in new where transmit.receiver == peer.id {
        var reader = ByteReader(transmit.bytes.rawSpan)
        let header = try DatagramHeader(from: &reader)
        guard header.type == .ping else { continue }
        try node.acknowledge(transmit.bytes, from: peer.id, agrees: false)
      }
    }
    let salts = try node.transmits.compactMap { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      return try DatagramHeader(from: &reader).type == .digest ? try reader.readUInt32() : nil
    }
    #expect(salts.count > 3)
    #expect(Set(salts).count == salts.count)
  }

  @Test("a set of buckets holds exactly what was put in")
  func sets() {
    for bucket in 0..<Digest.bucketCount {
      var set = BucketSet()
      set.insert(bucket)
      #expect(set.count == 1)
      #expect((0..<Digest.bucketCount).filter { set.contains($0) } == [bucket])
    }
  }

  @Test("a digest travels in 516 bytes")
  func size() {
    var bytes: [UInt8] = []
    WireSamples.digest.compact(salt: 1).write(to: &bytes)
    #expect(bytes.count == 516)
  }

  @Test("the dead are asked more and more rarely, but never less than every ten minutes or so")
  func healPacing() {
    let stretches = [0, 59, 60, 119, 120, 240, 100_000].map { HealPacing.stretch(age: .seconds($0)) }
    #expect(stretches == [1, 1, 2, 2, 4, 8, 128])
  }

  @Test(
    "all members together ask each of the dead once in five seconds, and later more rarely",
    arguments: [
      // Dead, living, milliseconds since the last turn, seconds since the death.
      (1, 1_000, 1_000, 0), (3, 10, 1_000, 0), (3, 10, 1_700, 0), (700, 300, 1_000, 0), (2, 8, 60_000, 0),
      (3, 10, 1_000, 60), (3, 10, 60_000, 3_600),
    ])
  func healShare(dead: Int, living: Int, elapsed: UInt64, age: UInt64) {
    var random = PRNG(seed: 3)
    let turns = 1_000_000
    let asked = (0..<turns).count { _ in
      HealPacing.asks(
        dead: dead, living: living, elapsed: .milliseconds(elapsed), age: .seconds(age), random: &random)
    }
    let interval = 5_000 * HealPacing.stretch(age: .seconds(age))
    let expected = min(turns, turns * dead * min(Int(elapsed), interval) / (interval * living))
    #expect(abs(asked - expected) <= max(40, expected / 10))
  }
}
