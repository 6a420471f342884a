import Dispatch
import Foundation
import ShoalCore
import ShoalSimulator
import Synchronization

/// One command: a scenario, played so many times, and what is expected of it.
package struct Job: Sendable {
  let scenario: any BenchScenario
  var plan: BenchPlan
  let expectations: [Expectation]
  /// What is measured, in the order of the table.
  var metrics: [Metric] { type(of: scenario).metrics(on: plan.transport) }

  /// All options that are not at their defaults.
  var optionValues: [(name: String, value: OptionValue)] { plan.optionValues + scenario.optionValues }

  /// What has to be typed after `shoal-bench` to run this again.
  package var commandLine: String {
    var words = [plan.commandLine(of: type(of: scenario).name)]
    for option in scenario.optionValues { words += option.value.arguments(for: option.name) }
    for expectation in expectations {
      let bound = "\(expectation.comparison.rawValue)\(Text.plain(expectation.bound))"
      words += ["--expect", "'\(expectation.name)\(bound)'"]
    }
    return words.joined(separator: " ")
  }

  package var expectationCount: Int { expectations.count }

  /// Plays all runs, several at a time. The report does not depend on how many.
  package func run(progress: consuming RunProgress) throws(StepFailure) -> Report {
    if plan.transport == .loopback { return try LoopbackRuns.play(self, progress: progress) }
    let workers = Self.workers(
      runs: plan.runs, nodes: plan.nodes, cores: ProcessInfo.processInfo.activeProcessorCount,
      memory: ProcessInfo.processInfo.physicalMemory)
    let board = RunBoard(runs: plan.runs, progress: progress)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while let run = board.next() { board.finish(run, with: measure(run, for: board)) }
    }
    var samples = Samples()
    var traceHash: UInt64 = 0
    var recordings: [Recording] = []
    for outcome in board.outcomes {
      let run = try outcome.get()
      samples.append(run.samples)
      traceHash = StableHash.combine(traceHash, run.traceHash)
      if plan.records { recordings.append(run.recording) }
    }
    return Report(job: self, samples: samples, traceHash: traceHash, recordings: recordings)
  }

  private func measure(_ run: Int, for board: RunBoard) -> Result<RunOutcome, StepFailure> {
    let seed = plan.seed &+ UInt64(run)
    do throws(StepFailure) {
      let cluster = SimulatedCluster(plan, seed: seed)
      Self.tell(board, of: cluster.world)
      let samples = try scenario.measure(in: cluster)
      return .success(
        RunOutcome(samples: samples, traceHash: cluster.world.traceHash, recording: cluster.finishRecording()))
    } catch {
      return .failure(StepFailure(sentence: "Seed \(seed): \(error.sentence)"))
    }
  }

  /// Tells now and then how far a run has come. Touches nothing that a run draws or hashes.
  private static func tell(_ board: RunBoard, of world: World) {
    world.after(progressInterval) { world in
      board.pass(world.now)
      tell(board, of: world)
    }
  }

  /// Virtual time between two words about a run.
  private static let progressInterval = Duration.seconds(1)

  /// As many runs at once as there are cores, and as memory allows: every node of a run knows every other.
  package static func workers(runs: Int, nodes: Int, cores: Int, memory: UInt64) -> Int {
    let affordable = Int(clamping: memory / 5 * 3 / (MemoryEstimate.simulated(nodes: nodes) + 1))
    return max(1, min(runs, cores, affordable))
  }
}

/// What one run came to.
struct RunOutcome: Sendable {
  let samples: Samples
  let traceHash: UInt64
  let recording: Recording
}

/// Hands out runs to threads and keeps what they return, in the order of the seeds.
private final class RunBoard: Sendable {
  private struct State: Sendable {
    var nextRun = 0
    var finished: [Result<RunOutcome, StepFailure>?]
    var progress: RunProgress
    var hasFailed = false
    var virtualTime = Duration.zero

    mutating func show() {
      progress.show(
        done: finished.count { $0 != nil }, of: finished.count,
        detail: "\(virtualTime.components.seconds) virtual seconds")
    }
  }

  private let state: Mutex<State>

  init(runs: Int, progress: RunProgress) {
    state = Mutex(State(finished: Array(repeating: nil, count: runs), progress: progress))
  }

  /// The next run to play; nil when there is none, or when one has failed.
  func next() -> Int? {
    state.withLock { state in
      guard state.nextRun < state.finished.count, !state.hasFailed else { return nil }
      defer { state.nextRun += 1 }
      return state.nextRun
    }
  }

  func finish(_ run: Int, with outcome: Result<RunOutcome, StepFailure>) {
    state.withLock { state in
      state.finished[run] = outcome
      if case .failure = outcome { state.hasFailed = true }
      state.show()
    }
  }

  /// A run has come so far in virtual time.
  func pass(_ virtualTime: Duration) {
    state.withLock { state in
      state.virtualTime = virtualTime
      state.show()
    }
  }

  var outcomes: [Result<RunOutcome, StepFailure>] { state.withLock { $0.finished.compactMap(\.self) } }
}
