import ShoalCore
import Testing

@Suite("Suspicion window")
struct SuspicionWindowTests {
  private func window(_ confirmations: Int, expected: Int) -> Nanoseconds {
    SuspicionWindow(minimum: .seconds(2), maximum: .seconds(30), expected: expected)
      .duration(confirmations: confirmations)
  }

  @Test("nobody else accuses: the longest window")
  func longest() { #expect(window(0, expected: 3) == .seconds(30)) }

  @Test("as many as were expected accuse: the shortest window")
  func shortest() {
    #expect(window(3, expected: 3) == .seconds(2))
    #expect(window(99, expected: 3) == .seconds(2))
  }

  @Test("one of three halves the way to the shortest: log 2 / log 4")
  func halfway() {
    #expect(window(1, expected: 3) == .seconds(16))
  }

  @Test("where nobody can confirm, the shortest window holds at once")
  func nobodyExpected() { #expect(window(0, expected: 0) == .seconds(2)) }

  @Test("each confirmation shortens the window")
  func monotone() {
    for confirmations in 0..<5 { #expect(window(confirmations, expected: 5) > window(confirmations + 1, expected: 5)) }
  }

  @Test(
    "a short window runs from three times the tolerated freeze down to once, for three witnesses, or for all there are")
  func short() {
    func span(_ confirmations: Int, possible: Int) -> Nanoseconds {
      SuspicionWindow.short(toleratedFreeze: .seconds(2), possibleWitnesses: possible)
        .duration(confirmations: confirmations)
    }
    #expect(span(0, possible: 50) == .seconds(6))
    #expect(span(1, possible: 50) == .seconds(4))
    #expect(span(3, possible: 50) == .seconds(2))
    #expect(span(1, possible: 1) == .seconds(2))
    #expect(span(0, possible: 0) == .seconds(6))
  }

  @Test("the minimum grows with the decimal logarithm of the cluster, from ten members on")
  func minimum() {
    func minimum(_ members: Int) -> Nanoseconds {
      SuspicionWindow.minimum(multiplier: 4, members: members, interval: .seconds(1))
    }
    #expect(minimum(1) == .seconds(4))
    #expect(minimum(10) == .seconds(4))
    #expect(minimum(1000) / .milliseconds(100) == 119 || minimum(1000) / .milliseconds(100) == 120)
  }

  @Test("extreme settings saturate instead of trapping")
  func extremes() {
    #expect(SuspicionWindow.minimum(multiplier: 100, members: .max, interval: .max) == .max)
    #expect(
      SuspicionWindow(minimum: 0, maximum: .max, expected: .max - 1).duration(confirmations: 1) <= .max)
  }
}
