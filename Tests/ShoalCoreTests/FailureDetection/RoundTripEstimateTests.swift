import ShoalCore
import Testing

@Suite("Round-trip estimate")
struct RoundTripEstimateTests {
  @Test("before the first sample the timeout is 100 ms, within the ceiling")
  func initial() {
    let estimate = RoundTripEstimate()
    #expect(estimate.timeout(ceiling: .seconds(1)) == .milliseconds(100))
    #expect(estimate.timeout(ceiling: .milliseconds(50)) == .milliseconds(50))
  }

  @Test("steady answers bring the timeout down to its floor, never below")
  func floor() {
    var estimate = RoundTripEstimate()
    for _ in 0..<100 { estimate.sample(.milliseconds(1)) }
    #expect(estimate.timeout(ceiling: .seconds(1)) == RoundTripEstimate.floor)
  }

  @Test("a steady long round trip gives little more than itself; jitter gives four deviations more")
  func follows() {
    var steady = RoundTripEstimate()
    for _ in 0..<200 { steady.sample(.milliseconds(80)) }
    #expect((.milliseconds(80)...(.milliseconds(90))).contains(steady.timeout(ceiling: .seconds(1))))
    var wild = RoundTripEstimate()
    for round in 0..<200 { wild.sample(.milliseconds(round % 2 == 0 ? 40 : 120)) }
    #expect(wild.timeout(ceiling: .seconds(1)) > .milliseconds(180))
  }

  @Test("absurd samples saturate")
  func absurd() {
    var estimate = RoundTripEstimate()
    for _ in 0..<20 { estimate.sample(.max) }
    #expect(estimate.timeout(ceiling: .milliseconds(500)) == .milliseconds(500))
  }
}
