import NIOCore
import Synchronization

/// Wakes the one who waits for something to come about at any node, so that nobody has to look again and again.
final class Waiting: Sendable {
  private struct State {
    var isSignalled = false
    var waiter: CheckedContinuation<Void, Never>?
    var failure: StepFailure?
  }

  private let state = Mutex(State())

  /// Whoever waits looks again after this in any case, for what nobody signals.
  private static let patience = TimeAmount.milliseconds(100)

  /// Why a node did not start.
  var failure: StepFailure? { state.withLock { $0.failure } }

  func fail(_ failure: StepFailure) {
    state.withLock { $0.failure = $0.failure ?? failure }
    signal()
  }

  func signal() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard let waiter = state.waiter else {
        state.isSignalled = true
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume()
  }

  /// Returns with the next signal, with one that came since the last return, or when patience is over.
  func next(on loop: any EventLoop) async {
    let timeout = loop.scheduleTask(in: Self.patience) { self.signal() }
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.isSignalled {
          state.isSignalled = false
          return true
        }
        state.waiter = continuation
        return false
      }
      if isReady { continuation.resume() }
    }
    timeout.cancel()
  }
}
