package import ShoalCore
import Synchronization

/// Tells a process that did not run from a node that had to wait for its turn.
///
/// A machine that was saved and resumed runs nothing meanwhile. Where many nodes share a process, or a process is short of time, a
/// timer may be as late while others were served: nothing was copied then, and a new salt for each node would only make it busier.
package final class ProcessActivity: Sendable {
  static let shared = ProcessActivity()

  package init() {}

  private struct Gap {
    var start = Instant.zero
    var end = Instant.zero
  }

  /// When any node of this process last did anything.
  private let last = Atomic<UInt64>(0)
  /// The latest time in which none did, if it was longer than a salt may live through.
  private let gap = Mutex(Gap())

  /// Notes that a node does something now. Returns for how long its timer was overdue while no node of the process did anything.
  package func overdue(since deadline: Instant?, at now: Instant) -> Nanoseconds {
    let before = Instant(nanoseconds: last.exchange(now.nanoseconds, ordering: .relaxed))
    if before != .zero, now.since(before) > SaltGuard.tolerance {
      gap.withLock { $0 = Gap(start: before, end: now) }
    }
    guard let deadline, now.since(deadline) > SaltGuard.tolerance else { return 0 }
    return gap.withLock { $0.end.since(max(deadline, $0.start)) }
  }
}
