package import ShoalCore
import Synchronization

/// Tells a process that did not run from a node that had to wait for its turn.
///
/// A machine that was saved and resumed runs nothing meanwhile. Where many nodes share a process, or a process is short of time, a
/// timer may be as late while others were served: nothing was copied then, and a new salt for each node would only make it busier.
package final class ProcessActivity: Sendable {
  static let shared = ProcessActivity()

  package init() {}

  private struct State {
    /// When any node of this process last did anything.
    var last: Instant?
    /// The latest time in which none did, if it was longer than a salt may live through.
    var gapStart = Instant.zero
    var gapEnd = Instant.zero
  }

  private let state = Mutex(State())

  /// Notes that a node does something now. Returns for how long its timer was overdue while no node of the process did anything.
  package func overdue(since deadline: Instant?, at now: Instant) -> Nanoseconds {
    state.withLock { state in
      if let last = state.last, now.since(last) > SaltGuard.tolerance {
        state.gapStart = last
        state.gapEnd = now
      }
      state.last = now
      guard let deadline, now.since(deadline) > SaltGuard.tolerance else { return 0 }
      return state.gapEnd.since(max(deadline, state.gapStart))
    }
  }
}
