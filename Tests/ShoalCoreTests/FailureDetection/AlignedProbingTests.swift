import ShoalCore
import Testing

@Suite("Aligned probing")
struct AlignedProbingTests {
  @Test("in every period each of N members is probed exactly once, and never by itself", arguments: [2, 3, 4, 7, 100])
  func permutation(count: Int) {
    for epoch: UInt64 in 1_000..<1_050 {
      let offset = AlignedProbing.offset(epoch: epoch, count: count)
      #expect((1..<count).contains(offset))
      #expect(Set((0..<count).map { ($0 + offset) % count }).count == count)
    }
  }

  @Test("a member's prober changes from period to period")
  func changes() {
    let offsets = Set((0..<100).map { AlignedProbing.offset(epoch: $0, count: 1_000) })
    #expect(offsets.count > 80)
  }

  @Test(
    "members are probed all over the period, at four moments or one for every fifty of them, at most twenty",
    arguments: [(0, 4), (100, 4), (200, 4), (300, 6), (1_000, 20), (10_000, 20)])
  func phases(count: Int, moments: Int) {
    var random = PRNG(seed: 1)
    let phases = (0..<1_000).map { _ in
      AlignedProbing.phase(of: NodeID(high: random.next(), low: random.next()), count: count, interval: 1_000)
    }
    #expect(phases.allSatisfy { $0 < 1_000 })
    // Nodes that share a machine wake up for many probes at once.
    #expect(Set(phases) == Set((0..<moments).map { UInt64($0 * 1_000 / moments) }))
    for phase in Set(phases) { #expect(phases.count { $0 == phase } > 700 / moments) }
  }

  @Test(
    "where a cluster grows to more moments, each member is probed less than a quarter of a period sooner or later than before"
  )
  func growth() {
    var random = PRNG(seed: 2)
    for _ in 0..<100 {
      let id = NodeID(high: random.next(), low: random.next())
      for count in 200..<1_001 {
        let before = AlignedProbing.phase(of: id, count: count, interval: 1_000)
        let after = AlignedProbing.phase(of: id, count: count + 1, interval: 1_000)
        #expect(max(before, after) - min(before, after) < 250)
      }
    }
  }

  @Test("one period after the other, without those that have gone by; a wall that is set back starts anew")
  func epochs() {
    #expect(AlignedProbing.next(after: 10, current: 10).epoch == 11)
    #expect(AlignedProbing.next(after: 10, current: 11).epoch == 11)
    #expect(AlignedProbing.next(after: 10, current: 50).epoch == 50)
    #expect(AlignedProbing.next(after: 50, current: 10) == (11, true))
  }
}
