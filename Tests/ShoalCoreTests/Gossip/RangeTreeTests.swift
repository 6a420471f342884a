import ShoalCore
import Testing

@Suite("Range tree")
struct RangeTreeTests {
  /// Walks a whole tree as if everybody passed on what it is given; how often each position was reached.
  private static func visits(_ ring: [UInt32], origin: Int, random: inout PRNG) -> [UInt32: Int] {
    var visits: [UInt32: Int] = [:]
    var pending = [(range: RingRange(from: ring[origin], to: ring[origin]), at: ring[origin])]
    while let (range, position) = pending.popLast() {
      let inside = ring.filter { isInside(range, $0) }
      // Ring order begins at the start of the range.
      let positions = inside.filter { $0 >= range.from } + inside.filter { $0 < range.from }
      let own = positions.firstIndex(of: position)
      for part in RangeTree.cut(range, count: positions.count, own: own, position: { positions[$0] }) {
        let head = positions[part.places.lowerBound + random.below(part.places.count)]
        visits[head, default: 0] += 1
        pending.append((part.range, head))
      }
    }
    return visits
  }

  private static func isInside(_ range: RingRange, _ position: UInt32) -> Bool {
    if range.isWhole { return true }
    return range.from < range.to
      ? range.from <= position && position < range.to : position >= range.from || position < range.to
  }

  @Test("a tree reaches everybody but its origin exactly once", arguments: [1, 2, 3, 4, 5, 6, 17, 64, 1_000])
  func coversExactlyOnce(count: Int) {
    var random = PRNG(seed: UInt64(count))
    for _ in 0..<(count > 100 ? 3 : 200) {
      var positions = Set<UInt32>()
      while positions.count < count { positions.insert(UInt32(truncatingIfNeeded: random.next())) }
      let ring = positions.sorted()
      let origin = random.below(count)
      var expected = Dictionary(uniqueKeysWithValues: ring.map { ($0, 1) })
      expected[ring[origin]] = nil
      #expect(Self.visits(ring, origin: origin, random: &random) == expected)
    }
  }

  @Test("positions at both ends of the ring and next to each other are no special case")
  func extremes() {
    var random = PRNG(seed: 5)
    let ring: [UInt32] = [0, 1, 2, 3, 4, .max - 2, .max - 1, .max]
    for origin in ring.indices {
      for _ in 0..<100 {
        var expected = Dictionary(uniqueKeysWithValues: ring.map { ($0, 1) })
        expected[ring[origin]] = nil
        #expect(Self.visits(ring, origin: origin, random: &random) == expected)
      }
    }
  }

  @Test("two processes at one position always share a part, so that neither is lost")
  func sharedPosition() {
    let whole = RingRange(from: 7, to: 7)
    let parts = RangeTree.cut(whole, count: 3, own: 0) { _ in 7 }
    #expect(parts.allSatisfy { !$0.range.isWhole })
    #expect(parts.contains { Self.isInside($0.range, 7) })
    let others = RangeTree.cut(RingRange(from: 1, to: 9), count: 5, own: nil) { _ in 3 }
    #expect(others.allSatisfy { !$0.range.isWhole })
    #expect(others.contains { Self.isInside($0.range, 3) })
  }

  @Test("parts are of nearly equal size, and there are at most four")
  func balance() {
    let positions = (0..<1_001).map { UInt32($0) * 1_000 }
    let parts = RangeTree.cut(RingRange(from: 0, to: 0), count: positions.count, own: 0) { positions[$0] }
    #expect(parts.count == RangeTree.fanOut)
    #expect(parts.allSatisfy { $0.places.count == 250 })
  }

  @Test("the wait for an acknowledgement doubles after every second send, and never overflows")
  func waits() {
    let waits = (1...6).map { RangeTree.wait(afterSends: $0, timeout: 20) }
    #expect(waits == [20, 20, 40, 40, 80, 80])
    #expect(RangeTree.wait(afterSends: .max, timeout: 20) == 20 << 8)
  }
}
