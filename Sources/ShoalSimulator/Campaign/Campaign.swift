import Dispatch
import Synchronization

/// Many scenarios, one for each seed.
public struct Campaign: Sendable {
  public let firstSeed: UInt64
  public let count: Int
  /// How long faults go on in each scenario, in ticks of 100 ms.
  public let ticks: Int
  /// How many scenarios are played at once, each on a thread of its own.
  public let jobs: Int

  public init(firstSeed: UInt64, count: Int, ticks: Int = Scenario.defaultTicks, jobs: Int = 1) {
    self.firstSeed = firstSeed
    self.count = count
    self.ticks = ticks
    self.jobs = max(1, jobs)
  }

  private struct Progress {
    var next = 0
    var isOver = false
    var report = CampaignReport()
  }

  /// Runs all scenarios. The report does not depend on the number of jobs, unless `progress` stops early.
  ///
  /// - Parameter progress: called after each scenario, by one thread at a time; return false to stop early.
  public func run(progress: @Sendable (CampaignReport) -> Bool = { _ in true }) -> CampaignReport {
    let state = Mutex(Progress())
    DispatchQueue.concurrentPerform(iterations: min(jobs, max(1, count))) { _ in
      while let offset = take(state) {
        let outcome = Scenario(seed: firstSeed &+ UInt64(offset), ticks: ticks).run()
        state.withLock { state in
          state.report.add(outcome)
          if !progress(state.report) { state.isOver = true }
        }
      }
    }
    return state.withLock(\.report)
  }

  private func take(_ state: borrowing Mutex<Progress>) -> Int? {
    state.withLock { state in
      guard !state.isOver, state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }
}
