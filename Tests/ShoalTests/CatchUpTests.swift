import Shoal
import ShoalCore
import Testing

@Suite("After a stall") struct CatchUpTests {
  private let stalled = Instant(nanoseconds: 5_000_000_000)

  @Test("a turn that brings nothing is the last one")
  func drained() {
    var catchUp = CatchUp(after: .milliseconds(500), at: stalled, received: 7)
    #expect(catchUp.due == stalled + CatchUp.shortestTurn)
    let isOver = [8, 9, 9].map { catchUp.isOver(at: catchUp.due, received: $0) }
    #expect(isOver == [false, false, true])
  }

  @Test("what comes without end is read for so many turns, and no longer")
  func endless() {
    var catchUp = CatchUp(after: .milliseconds(500), at: stalled, received: 0)
    var turns = 1
    while !catchUp.isOver(at: catchUp.due, received: UInt64(turns)) { turns += 1 }
    #expect(turns == CatchUp.turns)
  }

  @Test("where the loop is so late that no socket may have been read, turns get longer until one is in time")
  func crowded() {
    var catchUp = CatchUp(after: .milliseconds(500), at: stalled, received: 7)
    let late = catchUp.due + .milliseconds(30)
    let isOverLate = catchUp.isOver(at: late, received: 7)
    #expect(!isOverLate)
    #expect(catchUp.due == late + .milliseconds(60))
    let isOverInTime = catchUp.isOver(at: catchUp.due, received: 7)
    #expect(isOverInTime)
  }

  @Test(
    "a loop that is always late holds nobody back for longer than the limit", arguments: [1, 150, 60_000] as [UInt64])
  func limited(lag: UInt64) {
    var catchUp = CatchUp(after: .milliseconds(lag), at: stalled, received: 7)
    let limit = stalled + CatchUp.limit(after: .milliseconds(lag))
    var now = stalled
    repeat { now = catchUp.due + .milliseconds(150) } while !catchUp.isOver(at: now, received: 7)
    #expect(now >= limit)
    #expect(now <= limit + CatchUp.longestTurn + .milliseconds(150))
  }
}
