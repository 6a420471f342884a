import ShoalCore
import Testing

@Suite("Repeat budget")
struct RepeatBudgetTests {
  private let start = Instant.zero + .seconds(100)

  private func taken(from budget: inout RepeatBudget, at now: Instant) -> Int {
    var count = 0
    while budget.take(at: now) { count += 1 }
    return count
  }

  @Test("where nobody answers, fifty forwards are repeated, then five a second")
  func unanswered() {
    var budget = RepeatBudget()
    let atOnce = taken(from: &budget, at: start)
    #expect(atOnce == 50)
    var later = 0
    for step in 1...100 { later += taken(from: &budget, at: start + .milliseconds(UInt64(step) * 100)) }
    #expect(later == 50)
  }

  @Test("every answer pays for a repeat, and no more than fifty are saved up")
  func answered() {
    var budget = RepeatBudget()
    _ = taken(from: &budget, at: start)
    for _ in 0..<40 { budget.earn() }
    let paidFor = taken(from: &budget, at: start)
    #expect(paidFor == 40)
    for _ in 0..<1_000 { budget.earn() }
    let saved = taken(from: &budget, at: start)
    #expect(saved == 50)
  }
}
