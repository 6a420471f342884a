import Logging
import NIOCore
import NIOPosix
import ShoalCore

/// Writes a node's memory to its state file, off the event loop, one version after the other.
///
/// A version that cannot be written is tried again, or the one that has come meanwhile: the node grants and claims nothing until then.
/// Everything in here runs on the node's event loop, but the writing.
final class StateWriter: @unchecked Sendable {
  private unowned let driver: EngineDriver
  private let file: StateFile
  private var waiting: (version: UInt64, content: CoordinationMemory)?
  private var isWriting = false
  private var hasFailed = false
  private var isRetryScheduled = false
  private var isStopped = false
  private let released: EventLoopPromise<Void>

  private static let retryInterval = TimeAmount.seconds(1)

  init(_ file: StateFile, driver: EngineDriver) {
    self.file = file
    self.driver = driver
    released = driver.eventLoop.makePromise()
  }

  func write(_ memory: (version: UInt64, content: CoordinationMemory)) {
    waiting = memory
    writeNext()
  }

  /// Ends with what is being written; then another process may have the file.
  func stop() -> EventLoopFuture<Void> {
    if !isStopped {
      isStopped = true
      if !isWriting { release() }
    }
    return released.futureResult
  }

  private func release() {
    file.release()
    released.succeed()
  }

  private func writeNext() {
    guard !isWriting, !isStopped, !isRetryScheduled, let (version, content) = waiting else { return }
    waiting = nil
    isWriting = true
    let loop = driver.eventLoop
    NIOThreadPool.singleton.runIfActive(eventLoop: loop) { [file] in try file.save(content) }
      .assumeIsolated().whenComplete { [self] result in
        isWriting = false
        guard !isStopped else { return release() }
        switch result {
        case .success: written(version)
        case .failure(let error): failed(error, (version, content))
        }
      }
  }

  private func written(_ version: UInt64) {
    if hasFailed { driver.logger.notice("the state file can be written again") }
    hasFailed = false
    driver.step { engine, now, outbox in engine.perform(.memoryKept(version), now: now, into: &outbox) }
    writeNext()
  }

  private func failed(_ error: any Error, _ memory: (version: UInt64, content: CoordinationMemory)) {
    if !hasFailed {
      driver.logger.error(
        "this node neither votes nor coordinates until its state can be kept", metadata: ["error": "\(error)"])
    }
    hasFailed = true
    if waiting == nil { waiting = memory }
    isRetryScheduled = true
    driver.eventLoop.assumeIsolated().scheduleTask(in: Self.retryInterval) { [self] in
      isRetryScheduled = false
      writeNext()
    }
  }
}
