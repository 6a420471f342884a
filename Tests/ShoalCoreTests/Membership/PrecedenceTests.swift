import ShoalCore
import Testing

/// Every claim of a small space: four states, four incarnations.
private let claims: [Precedence] = MemberStatus.allCases.flatMap { status in
  (0..<4 as Range<UInt64>).map { Precedence(status: status, incarnation: $0) }
}

private func merge(_ left: Precedence, _ right: Precedence) -> Precedence { max(left, right) }

@Suite("Precedence")
struct PrecedenceTests {
  @Test("merging is idempotent, commutative and associative over the whole small space")
  func mergeLaws() {
    for a in claims {
      #expect(merge(a, a) == a)
      for b in claims {
        #expect(merge(a, b) == merge(b, a))
        for c in claims { #expect(merge(merge(a, b), c) == merge(a, merge(b, c))) }
      }
    }
  }

  @Test("left beats everything, at any incarnation, and is never beaten")
  func leftIsFinal() {
    for incarnation in [0, 1, UInt64.max] {
      let left = Precedence(status: .left, incarnation: 0)
      for status in [MemberStatus.alive, .suspect, .dead] {
        #expect(left > Precedence(status: status, incarnation: incarnation))
      }
    }
  }

  @Test("a higher incarnation beats any accusation of a lower one")
  func incarnationDecides() {
    #expect(Precedence(status: .alive, incarnation: 2) > Precedence(status: .dead, incarnation: 1))
    #expect(Precedence(status: .alive, incarnation: 1) < Precedence(status: .suspect, incarnation: 1))
    #expect(Precedence(status: .suspect, incarnation: 1) < Precedence(status: .dead, incarnation: 1))
  }

  @Test("numbers that only rise may not jump further than their limit")
  func jumps() {
    #expect(Jump.isAcceptable(from: 5, to: 5 + Jump.limit))
    #expect(!Jump.isAcceptable(from: 5, to: 6 + Jump.limit))
    #expect(Jump.isAcceptable(from: .max, to: 0))
    #expect(!Jump.isAcceptable(from: 0, to: .max))
  }
}
