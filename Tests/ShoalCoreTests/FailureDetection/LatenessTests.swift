import ShoalCore
import Testing

@Suite("Lateness") struct LatenessTests {
  private let start = Instant(nanoseconds: 1_000_000_000)

  @Test("a single stall says nothing about the next answer")
  func single() {
    var lateness = Lateness()
    #expect(lateness.patience(at: start) == 0)
    lateness.note(stall: .seconds(3), now: start)
    #expect(lateness.patience(at: start) == 0)
    lateness.note(stall: .seconds(3), now: start + .seconds(60))
    #expect(lateness.patience(at: start + .seconds(60)) == 0)
  }

  @Test("stalls that follow each other closely make answers as late, here and there, until they end")
  func repeated() {
    var lateness = Lateness()
    for round in UInt64(0)..<5 { lateness.note(stall: .milliseconds(400), now: start + round * .milliseconds(900)) }
    let last = start + 4 * .milliseconds(900)
    #expect(lateness.patience(at: last) == .milliseconds(800))
    #expect(lateness.patience(at: last + .milliseconds(1_600)) == .milliseconds(800))
    #expect(lateness.patience(at: last + .milliseconds(1_601)) == 0)
  }

  @Test("a short stall is followed closely by one within three seconds", arguments: [(3_000, 400), (3_001, 0)])
  func memory(milliseconds: UInt64, patience: UInt64) {
    var lateness = Lateness()
    lateness.note(stall: .milliseconds(200), now: start)
    let next = start + .milliseconds(milliseconds)
    lateness.note(stall: .milliseconds(200), now: next)
    #expect(lateness.patience(at: next) == .milliseconds(patience))
  }

  @Test("shorter stalls wear a longer one off, and none counts for more than five seconds")
  func bounded() {
    var lateness = Lateness()
    lateness.note(stall: .seconds(3_600), now: start)
    lateness.note(stall: .seconds(3_600), now: start + .seconds(1))
    #expect(lateness.patience(at: start + .seconds(1)) == .seconds(10))
    lateness.note(stall: .milliseconds(100), now: start + .seconds(2))
    #expect(lateness.patience(at: start + .seconds(2)) == .seconds(5))
    lateness.note(stall: .milliseconds(100), now: start + .seconds(3))
    #expect(lateness.patience(at: start + .seconds(3)) == .milliseconds(2_500))
  }
}
