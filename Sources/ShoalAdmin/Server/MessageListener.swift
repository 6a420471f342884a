package import Shoal
import ShoalCore
import Synchronization

/// One listener's messages that it has not taken yet. A slow one loses the oldest, and is told how many.
package final class MessageListener: Sendable {
  package enum Item: Sendable, Equatable {
    case message(HeardReport)
    /// Nothing has come for a while.
    case heartbeat
  }

  /// So many messages wait for a listener, and so many bytes of text.
  package static let countLimit = 1_000
  package static let byteLimit = 1 << 20

  private struct State {
    var waiting = Fifo<HeardReport>()
    var waitingBytes = 0
    var lost: UInt64 = 0
    /// Where total order has broken since the last publication of such a topic.
    var orderBroken: TopicPosition?
    var isFinished = false
    var waiter: CheckedContinuation<Item?, Never>?
  }

  /// What it listens to; empty for messages under no name.
  let topics: Set<Topic>

  private let state = Mutex(State())

  package init(topics: Set<Topic> = []) { self.topics = topics }

  /// The node has lost its place in total order: the next publication of such a topic says so.
  package func noteOrderBroken(_ position: TopicPosition) { state.withLock { $0.orderBroken = position } }

  package func put(_ news: HeardReport) {
    var report = news
    let waiter = state.withLock { state -> CheckedContinuation<Item?, Never>? in
      guard !state.isFinished else { return nil }
      if report.position != nil {
        report.orderBroken = state.orderBroken?.description
        state.orderBroken = nil
      }
      if let waiter = state.waiter {
        state.waiter = nil
        return waiter
      }
      state.waiting.append(report)
      state.waitingBytes += report.text.utf8.count
      while state.waiting.count > Self.countLimit || state.waitingBytes > Self.byteLimit {
        guard let oldest = state.waiting.popFirst() else { break }
        state.waitingBytes -= oldest.text.utf8.count
        state.lost += 1
      }
      return nil
    }
    waiter?.resume(returning: .message(report))
  }

  /// Whoever waits hears that there is nothing.
  package func beat() {
    let waiter = state.withLock { state in
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: .heartbeat)
  }

  /// What is waiting can still be taken.
  package func finish() {
    let waiter = state.withLock { state in
      state.isFinished = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  /// The next message; nil when there will be none. One task at a time may wait.
  package func next() async -> Item? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state -> Item?? in
          if let item = Self.take(&state) { return .some(item) }
          if state.isFinished || Task.isCancelled { return .some(nil) }
          state.waiter = continuation
          return nil
        }
        if let ready { continuation.resume(returning: ready) }
      }
    } onCancel: {
      finish()
    }
  }

  private static func take(_ state: inout State) -> Item? {
    guard var report = state.waiting.popFirst() else { return nil }
    state.waitingBytes -= report.text.utf8.count
    report.lost = state.lost
    state.lost = 0
    return .message(report)
  }
}
