/// Plays the runs of a job on real sockets, one after another: each has the machine for itself, and fresh processes.
enum LoopbackRuns {
  /// A scenario that is played more often in virtual time is played so often here, unless a number is asked for.
  static let usual = 3

  static func play(_ job: Job, progress: consuming RunProgress) throws(StepFailure) -> Report {
    guard let scenario = job.scenario as? any LoopbackScenario, let spread = job.plan.spread else {
      throw StepFailure(sentence: "This scenario does not run on real sockets.")
    }
    var samples = Samples()
    var recordings: [Recording] = []
    var shown = progress
    for run in 0..<job.plan.runs {
      let seed = job.plan.seed &+ UInt64(run)
      let teller = Teller(shown, done: run, of: job.plan.runs)
      do throws(StepFailure) {
        let load = MachineLoad()
        let cluster = try LoopbackCluster(job.plan, spread: spread, seed: seed, tick: { teller.tell() })
        defer { cluster.end() }
        samples.append(try scenario.measure(on: cluster))
        if job.plan.records { recordings.append(try cluster.finishRecording()) }
        if let share = load.othersShare(own: try cluster.usage()) { samples.add(.othersCPUShare, share) }
      } catch { throw StepFailure(sentence: "Seed \(seed): \(error.sentence)") }
      shown = teller.progress
      shown.show(done: run + 1, of: job.plan.runs, detail: "0 seconds")
    }
    return Report(job: job, samples: samples, traceHash: nil, recordings: recordings)
  }

  /// Says how far a run has come while it waits.
  private final class Teller {
    private(set) var progress: RunProgress
    private let done: Int
    private let total: Int
    private let started = ContinuousClock().now

    init(_ progress: RunProgress, done: Int, of total: Int) {
      self.progress = progress
      self.done = done
      self.total = total
    }

    func tell() {
      let seconds = (ContinuousClock().now - started).components.seconds
      progress.show(done: done, of: total, detail: "\(seconds) seconds")
    }
  }
}
