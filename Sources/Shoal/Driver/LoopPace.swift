import NIOCore
package import ShoalCore
import Synchronization

/// Sees to it that an event loop gets to look at its sockets, however many timers of its nodes are due.
///
/// A loop runs all that is due before it looks at its sockets again. Where many nodes share one that cannot keep up, timers would follow
/// timers, and what others have answered would never be read. So after a while of timers alone the rest of them wait, and then are as late
/// as they are. Confined to its loop, but for `shared`.
package final class LoopPace: @unchecked Sendable {
  /// For how long timers have worked since anything was read, or since they last waited.
  private var worked: Nanoseconds = 0
  private var waitsUntil: Instant?

  /// Timers work for so long before they wait.
  package static let limit = Nanoseconds.milliseconds(50)
  /// Longer than it takes to put off the timers of all nodes that a loop may have.
  package static let pause = Nanoseconds.milliseconds(10)

  private struct Entry {
    weak var pace: LoopPace?
  }

  private static let paces = Mutex<[ObjectIdentifier: Entry]>([:])

  package init() {}

  /// What all nodes of a loop have in common.
  static func shared(by loop: any EventLoop) -> LoopPace {
    paces.withLock { paces in
      let name = ObjectIdentifier(loop)
      if let pace = paces[name]?.pace { return pace }
      let pace = LoopPace()
      paces = paces.filter { $0.value.pace != nil }
      paces[name] = Entry(pace: pace)
      return pace
    }
  }

  /// A socket was read.
  package func noteRead() {
    worked = 0
    waitsUntil = nil
  }

  /// A timer has worked for so long.
  package func note(work: Nanoseconds) { worked += work }

  /// Until when a timer that is due has to wait; nil when it need not.
  package func postponement(at now: Instant) -> Instant? {
    if let until = waitsUntil {
      if now < until { return until }
      noteRead()
    }
    guard worked > Self.limit else { return nil }
    waitsUntil = now + Self.pause
    return waitsUntil
  }
}
