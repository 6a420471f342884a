import Shoal
import ShoalCore
import Testing

@Suite("Activity of a process")
struct ProcessActivityTests {
  private let start = Instant.zero + .seconds(100)

  @Test("a node that is late because others of its process have their turn was not stopped")
  func busy() {
    let activity = ProcessActivity()
    let deadline = start + .milliseconds(10)
    for step in 0..<50 as Range<UInt64> {
      #expect(activity.overdue(since: deadline, at: start + .milliseconds(100) * step) == 0)
    }
  }

  @Test("when nothing ran for three seconds, every node whose deadline lay in them is told so, and no other one")
  func stopped() {
    let activity = ProcessActivity()
    _ = activity.overdue(since: nil, at: start)
    let resumed = start + .seconds(3)
    #expect(activity.overdue(since: start + .milliseconds(500), at: resumed) == .milliseconds(2_500))
    let later = resumed + .milliseconds(5)
    #expect(activity.overdue(since: start + .seconds(1), at: later) == .seconds(2))
    #expect(activity.overdue(since: resumed + .milliseconds(1), at: later) == 0)
    #expect(activity.overdue(since: nil, at: later) == 0)
  }

  @Test("a quiet process that is woken on time was not stopped")
  func quiet() {
    let activity = ProcessActivity()
    _ = activity.overdue(since: nil, at: start)
    let deadline = start + .seconds(10)
    #expect(activity.overdue(since: deadline, at: deadline + .milliseconds(3)) == 0)
  }
}
