import Dispatch
import Foundation
import Synchronization

/// A thread that does one thing until it is told to end, and tells now and then how far it has come.
final class StoppableThread<Told: Sendable>: Sendable {
  private struct State: Sendable {
    var told: Told
    var isOver = false
  }

  private let state: Mutex<State>
  private let group = DispatchGroup()

  /// What it has told last.
  var told: Told { state.withLock { $0.told } }

  /// - Parameters:
  ///   - told: what is told before it has said anything.
  ///   - body: what the thread does. It tells by changing what it is handed, and returns once that has answered false.
  init(_ told: Told, body: sending @escaping (_ tell: ((inout Told) -> Void) -> Bool) -> Void) {
    state = Mutex(State(told: told))
    let unchecked = UncheckedBody(run: body)
    group.enter()
    Thread.detachNewThread { [self] in
      unchecked.run { change in
        state.withLock { state in
          change(&state.told)
          return !state.isOver
        }
      }
      group.leave()
    }
  }

  /// Ends the thread, and waits until it is gone.
  func stop() {
    state.withLock { $0.isOver = true }
    group.wait()
  }

  /// Handed over to the thread and touched by nobody else.
  private struct UncheckedBody: @unchecked Sendable {
    let run: (_ tell: ((inout Told) -> Void) -> Bool) -> Void
  }
}
