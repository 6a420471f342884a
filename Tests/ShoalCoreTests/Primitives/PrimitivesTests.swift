import ShoalCore
import Testing

@Suite("Primitives")
struct PrimitivesTests {
  @Test("the generator gives its golden sequence")
  func generatorIsStable() {
    var random = PRNG(seed: 42)
    let drawn = (0..<4).map { _ in random.next() }
    #expect(
      drawn == [
        15_021_278_609_987_233_951, 5_881_210_131_331_364_753, 18_149_643_915_985_481_100, 12_933_668_939_759_105_464,
      ])
  }

  @Test("a bounded draw stays within its bound and reaches all of it", arguments: [1, 2, 3, 7, 10])
  func boundedDraw(bound: Int) {
    var random = PRNG(seed: 1)
    var seen = Array(repeating: 0, count: bound)
    for _ in 0..<1_000 { seen[random.below(bound)] += 1 }
    #expect(seen.allSatisfy { $0 > 0 })
    #expect(random.below(0) == 0)
  }

  @Test("a shuffle keeps every element")
  func shuffleKeeps() {
    var random = PRNG(seed: 9)
    var elements = Array(0..<100)
    random.shuffle(&elements)
    #expect(elements != Array(0..<100))
    #expect(elements.sorted() == Array(0..<100))
  }

  @Test("the stable hash keeps its golden values: they are part of the wire version")
  func stableHash() {
    #expect(StableHash.finalize(1) == 0x5692_161D_100B_05E5)
    #expect(StableHash.combine(0, 0) == 0xE220_A839_7B1D_CDAF)
    #expect(StableHash.combine(1, 2) == StableHash.finalize(3 &+ 0x9E37_79B9_7F4A_7C15))
    #expect(StableHash.hash(of: "") == 0xA706_DD2F_4D19_7E6F)
    #expect(StableHash.hash(of: "ab") == 0x0125_AD3D_4252_55CF)
    #expect(StableHash.hash(of: "member-1") == 0xDFC4_474C_FDEF_AD80)
    #expect(StableHash.hash(of: "member-10") == 0x1FA3_88F3_414C_37D7)
    #expect(StableHash.hash(of: "é") != StableHash.hash(of: "e\u{301}"))
  }

  @Test("a list of NodeIDs keeps the first ones in their order, as many as there is room for")
  func nodeIDList() {
    let ids = (UInt64(1)...20).map { NodeID(high: $0, low: ~$0) }
    var sixteen = NodeIDList<RoomForSixteen>()
    #expect(sixteen.isEmpty)
    for id in ids { sixteen.append(id) }
    #expect(Array(sixteen) == Array(ids[..<16]))
    #expect(sixteen.contains(ids[15]))
    #expect(!sixteen.contains(ids[16]))
    let five = NodeIDList<RoomForFive>(ids)
    #expect(Array(five) == Array(ids[..<5]))
    #expect(five == NodeIDList(ids[..<5]))
    #expect(five != NodeIDList(ids[..<4]))
  }

  @Test(
    "the ceiling of the decimal logarithm is exact",
    arguments: zip([1, 2, 10, 11, 100, 101, 1_000_000] as [UInt64], [0, 1, 1, 2, 2, 3, 6] as [UInt64]))
  func ceilingLog10(value: UInt64, expected: UInt64) {
    #expect(FixedPoint.ceilingLog10(value) == expected)
  }

  @Test("logarithms are right to a thousandth and never fall")
  func logarithms() {
    #expect(FixedPoint.log2(1) == 0)
    #expect(FixedPoint.log2(1024) == 10 << 16)
    #expect(FixedPoint.log2(.max) >> 16 == 63)
    // log2(3) = 1.58496, log10(1000) = 3.
    #expect(abs(Int(FixedPoint.log2(3)) - 103_872) <= 2)
    #expect(abs(Int(FixedPoint.log10(1000)) - 3 << 16) <= 65)
    for value in 1..<2_000 as Range<UInt64> { #expect(FixedPoint.log2(value) <= FixedPoint.log2(value + 1)) }
  }

  @Test(
    "an endpoint reads back what it writes",
    arguments: [
      "10.0.0.5:7946", "255.255.255.255:65535", "[fe80::1]:1", "[::1]:80", "[::]:1", "[1:2::]:80",
      "[2001:db8:0:1:1:1:1:1]:1", "[2001:0:0:1::1]:1", "[2001:db8::1:0:0:1]:1",
    ])
  func endpointRoundTrip(text: String) throws {
    #expect(try #require(Endpoint(text)).description == text)
  }

  @Test("short IPv6 forms are the same endpoint")
  func shortIPv6() {
    #expect(Endpoint("[::1]:80") == Endpoint("[0:0:0:0:0:0:0:1]:80"))
    #expect(Endpoint("[::]:80")?.isUnspecified == true)
    #expect(Endpoint("[1:2::]:80") == Endpoint("[1:2:0:0:0:0:0:0]:80"))
  }

  @Test(
    "what is no endpoint is refused",
    arguments: [
      "", ":", "1.2.3:4", "1.2.3.4", "1.2.3.256:1", "1.2.3.4:65536", "host:1", "[::1::2]:1", "[12345::]:1",
      "[1:2:3:4:5:6:7:8:9]:1", "1.2.3.+4:1",
    ])
  func badEndpoint(text: String) {
    #expect(Endpoint(text) == nil)
  }

  @Test("an identity reads back what it writes, and nothing else")
  func nodeIDText() {
    let id = NodeID(high: 0x0123_4567_89AB_CDEF, low: 7)
    #expect(NodeID(id.description) == id)
    #expect(id.description == "0123456789abcdef0000000000000007")
    #expect(NodeID("0123") == nil)
    #expect(NodeID(String(repeating: "g", count: 32)) == nil)
  }

  @Test("time saturates at its end instead of wrapping")
  func instantSaturates() {
    #expect(Instant(nanoseconds: .max) + 1 == Instant(nanoseconds: .max))
    #expect(Instant(nanoseconds: 5).since(Instant(nanoseconds: 9)) == 0)
    #expect([10, 11, 20].map { Instant(nanoseconds: $0).roundedUp(to: 10).nanoseconds } == [10, 20, 20])
    #expect(Instant(nanoseconds: .max - 1).roundedUp(to: 10) == Instant(nanoseconds: .max))
    #expect(Nanoseconds(.seconds(-1)) == 0)
    #expect(Nanoseconds(.milliseconds(1_500)) == 1_500_000_000)
  }
}
