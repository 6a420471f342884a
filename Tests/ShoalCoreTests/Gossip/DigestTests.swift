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
    #expect(one.compact.differences(from: other.compact).isEmpty)
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
    #expect(one.compact.differences(from: other.compact) == expected)
    #expect(other.compact.differences(from: one.compact) == expected)
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

  @Test("a digest fits a datagram together with a record of the greatest length")
  func size() {
    var bytes: [UInt8] = []
    WireSamples.digest.compact.write(to: &bytes)
    #expect(bytes.count == Digest.byteCount)
  }

  @Test("the dead are asked more and more rarely, but never less than every ten minutes or so")
  func healPacing() {
    let stretches = [0, 59, 60, 119, 120, 240, 100_000].map { HealPacing.stretch(age: .seconds($0)) }
    #expect(stretches == [1, 1, 2, 2, 4, 8, 128])
  }

  @Test(
    "all members together pick each of the dead once in five seconds", arguments: [(1, 1_000), (3, 10), (700, 300)])
  func healShare(dead: Int, living: Int) {
    var random = PRNG(seed: 3)
    let picks = (0..<100_000).count { _ in HealPacing.picks(dead: dead, living: living, random: &random) }
    let expected = min(100_000, 100_000 * dead / (5 * living))
    #expect(abs(picks - expected) <= max(20, expected / 10))
  }
}
