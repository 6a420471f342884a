import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM: the first one runs an action, the second one ends the process at once.
final class SignalWatch: Sendable {
  private struct State {
    var count = 0
    var action: (@Sendable () async -> Void)?
  }

  private let state = Mutex(State())
  // Kept so that they go on firing; never changed after `init`.
  private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

  init() {
    for number in [SIGINT, SIGTERM] {
      // The default action would end the process before the source sees the signal.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { [weak self] in self?.received(number) }
      source.resume()
      unsafe sources.append(source)
    }
  }

  /// Sets what the first signal does. Until then a signal ends the process: there is nothing to be left yet.
  func onFirst(_ action: @escaping @Sendable () async -> Void) {
    state.withLock { $0.action = action }
  }

  private func received(_ number: Int32) {
    let (count, action) = state.withLock { state in
      state.count += 1
      return (state.count, state.action)
    }
    guard let action else { exit(0) }
    guard count == 1 else { exit(128 + number) }
    Task { await action() }
  }
}
