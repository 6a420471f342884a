import NIOCore
import ShoalCore

/// How a node's first round of asking its seeds has ended: what `Mesh.start` waits for.
struct JoinOutcome {
  enum Result: Sendable {
    case admitted
    /// No seed has admitted it yet; it goes on trying.
    case searching([JoinFailure])
    case stopped(MeshStopReason)
  }

  let promise: EventLoopPromise<Result>
  private var failures: [JoinFailure] = []
  private var isSettled = false

  init(promise: EventLoopPromise<Result>) { self.promise = promise }

  mutating func observe(_ event: Event) {
    guard !isSettled else { return }
    switch event {
    case .admitted: settle(.admitted)
    case .joinFailed(let failure): failures.append(failure)
    case .stopped(.refused(let refusal)): settle(.stopped(.refused(refusal)))
    case .stopped(.left(let reason)): settle(.stopped(.left(reason)))
    case .joined, .updated, .metadataChanged, .suspected, .recovered, .died, .left, .reaped, .isolated, .isolationEnded,
      .coordinatorChanged:
      break
    }
  }

  mutating func roundEnded() {
    if !isSettled { settle(.searching(failures)) }
  }

  mutating func settle(_ result: Result) {
    guard !isSettled else { return }
    isSettled = true
    promise.succeed(result)
  }
}
