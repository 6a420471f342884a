import Shoal
import ShoalCore
import Testing

@Suite("Timers beside sockets") struct LoopPaceTests {
  private let now = Instant(nanoseconds: 1_000_000_000)

  @Test("timers that work for too long without anything being read wait, and then go on")
  func waits() {
    let pace = LoopPace()
    for _ in 0..<10 {
      #expect(pace.postponement(at: now) == nil)
      pace.note(work: LoopPace.limit / 10)
    }
    #expect(pace.postponement(at: now) == nil)
    pace.note(work: 1)
    let later = now + LoopPace.pause
    #expect(pace.postponement(at: now) == later)
    // The same moment for all.
    #expect(pace.postponement(at: now + 1) == later)
    #expect(pace.postponement(at: later) == nil)
    pace.note(work: LoopPace.limit)
    #expect(pace.postponement(at: later) == nil)
  }

  @Test("timers of a loop that reads its sockets never wait")
  func reads() {
    let pace = LoopPace()
    for _ in 0..<10 {
      pace.note(work: 10 * LoopPace.limit)
      pace.noteRead()
      #expect(pace.postponement(at: now) == nil)
    }
    pace.note(work: 10 * LoopPace.limit)
    #expect(pace.postponement(at: now) != nil)
    pace.noteRead()
    #expect(pace.postponement(at: now) == nil)
  }
}
