import ShoalCore
import Testing

@Suite("Update rate")
struct UpdateRateTests {
  @Test("a node is busy above four updates a second and calm again seconds after they end")
  func busy() {
    var rate = UpdateRate()
    var now = Instant.zero
    for _ in 0..<100 {
      now = now + .milliseconds(50)
      rate.note(at: now)
    }
    let isBusy = rate.isBusy(at: now)
    let isBusyLater = rate.isBusy(at: now + .seconds(3))
    #expect(isBusy)
    #expect(!isBusyLater)
  }

  @Test("two updates a second are no reason to be busy")
  func calm() {
    var rate = UpdateRate()
    var now = Instant.zero
    for _ in 0..<100 {
      now = now + .milliseconds(500)
      rate.note(at: now)
      let isBusy = rate.isBusy(at: now)
      #expect(!isBusy)
    }
  }

  @Test("forty trees may start at once, then twenty a second")
  func allowance() {
    var allowance = TokenBucket(perSecond: 20, burst: 40)
    let start = Instant.zero + .seconds(100)
    let atOnce = (0..<100).count { _ in allowance.take(at: start) }
    #expect(atOnce == 40)
    var later = 0
    for step in 1...1_000 where allowance.take(at: start + .milliseconds(UInt64(step) * 10)) { later += 1 }
    #expect(later == 200)
  }
}
