import ShoalCore
import Synchronization

/// Who waits for answers to pings over UDP, from any task.
final class PingDesk: Sendable {
  private typealias Answer = Result<Duration, MessageError>

  private struct Waiter {
    let peer: NodeID
    let deadline: Duration
    let continuation: CheckedContinuation<Answer, Never>
  }

  private struct State {
    var nextToken: UInt64 = 1
    var waiters: [UInt64: Waiter] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Waits for the answer to one ping.
  ///
  /// - Parameter send: has the engine send it, under this token; exactly one result must follow, unless `close` does.
  func ping(
    _ peer: NodeID, deadline: Duration, send: (_ token: UInt64) -> Void
  ) async throws(MessageError) -> Duration {
    let token = state.withLock { state in
      defer { state.nextToken += 1 }
      return state.nextToken
    }
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
        let isOpen = state.withLock { state in
          guard !state.isClosed else { return false }
          state.waiters[token] = Waiter(peer: peer, deadline: deadline, continuation: continuation)
          return true
        }
        guard isOpen else { return continuation.resume(returning: .failure(.stopped)) }
        send(token)
        // Cancelled before there was anything to cancel.
        if Task.isCancelled { cancel(token) }
      }
    } onCancel: {
      cancel(token)
    }
    return try answer.get()
  }

  /// Nobody waits for the answer any more; the engine finds out when it comes, or is overdue.
  private func cancel(_ token: UInt64) {
    state.withLock { $0.waiters.removeValue(forKey: token) }?.continuation.resume(returning: .failure(.cancelled))
  }

  func finish(_ result: PingResult) {
    guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: result.token) }) else { return }
    let answer: Answer =
      switch result.outcome {
      case .answered(let span): .success(.nanoseconds(Int64(clamping: span)))
      case .unanswered: .failure(.deadlineExceeded(waiter.peer, waiter.deadline))
      case .notMember: .failure(.notMember(waiter.peer))
      case .tooMany: .failure(.tooManyPings)
      }
    waiter.continuation.resume(returning: answer)
  }

  /// The node has stopped: whoever waits hears of it, and nobody waits any more.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.stopped)) }
  }
}
