import ShoalBench
import Testing

@Suite struct StatisticsTests {
  @Test("percentiles are values that were measured, by nearest rank")
  func nearestRank() {
    let hundred = Statistics(of: (1...100).map(Double.init).shuffled(), missing: 0)
    #expect(hundred.p50 == 50 && hundred.p99 == 99 && hundred.max == 100 && hundred.mean == 50.5 && hundred.n == 100)
    let three = Statistics(of: [3, 1, 2], missing: 0)
    #expect(three.p50 == 2 && three.p99 == 3 && three.max == 3 && three.mean == 2)
    let one = Statistics(of: [7], missing: 0)
    #expect(one.p50 == 7 && one.p99 == 7 && one.max == 7 && one.mean == 7)
  }

  @Test("what did not happen counts as later than everything that did")
  func missing() {
    let mostly = Statistics(of: [1, 2, 3], missing: 1)
    #expect(mostly.n == 3 && mostly.missing == 1 && mostly.p50 == 2)
    #expect(mostly.p99 == nil && mostly.max == nil && mostly.mean == nil)
    #expect(Statistics(of: [1], missing: 3).p50 == nil)
  }

  @Test("nothing measured gives no figure")
  func empty() {
    let none = Statistics(of: [], missing: 0)
    for figure in Statistics.Figure.allCases { #expect(none[figure] == nil) }
  }
}
