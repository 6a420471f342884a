import AllocationCounter

/// What one operation costs.
struct MicroResult {
  let name: String
  let title: String
  /// Seconds of the thread's CPU time for one, by round.
  var times: [Double] = []
  /// Calls of the allocator for one, by round; empty where they cannot be counted.
  var allocations: [Double] = []
  /// Nil when nobody asked.
  var instructions: Double?

  private static let rounds = 15
  private static let steps = 20_000

  /// Measures in rounds, of which the first one only warms. Throws when the operation did not do what it is meant to do.
  init(of operation: MicroOperation) throws(StepFailure) {
    name = operation.name
    title = operation.title
    let countsAllocations = allocation_counter_is_available()
    for round in 0...Self.rounds {
      operation.prepare(Self.steps)
      let before = operation.successes()
      let start = thread_cpu_nanoseconds()
      allocation_counter_start()
      for step in 0..<Self.steps { operation.step(step) }
      let counted = allocation_counter_stop()
      let nanoseconds = thread_cpu_nanoseconds() - start
      let done = operation.successes() - before
      guard done == Self.steps else {
        throw StepFailure(sentence: "\(title): only \(done) of \(Self.steps) did what is measured.")
      }
      guard round > 0 else { continue }
      times.append(Double(nanoseconds) / 1e9 / Double(Self.steps))
      if countsAllocations { allocations.append(Double(counted) / Double(Self.steps)) }
    }
  }

  var best: Double? { times.min() }

  /// The figures in reports: percentiles are over the rounds.
  var metrics: [String: ReportDocument.Figures] {
    var metrics = [
      "\(name)_time": ReportDocument.Figures(Statistics(of: times, missing: 0), unit: "s"),
      "\(name)_best_time": ReportDocument.Figures(
        Statistics(of: best.map { [$0] } ?? [], missing: 0), unit: "s"),
      "\(name)_allocations": ReportDocument.Figures(Statistics(of: allocations, missing: 0), unit: "1"),
    ]
    if let instructions {
      metrics["\(name)_instructions"] = ReportDocument.Figures(Statistics(of: [instructions], missing: 0), unit: "1")
    }
    return metrics
  }

  static let header = ["operation", "best", "median", "allocations", "instructions"]

  var row: [String] {
    [
      title, Text.figure(best, unit: "s"), Text.figure(Statistics(of: times, missing: 0).p50, unit: "s"),
      Text.figure(Statistics(of: allocations, missing: 0).p50, unit: "1"),
      instructions.map { Text.grouped($0.rounded()) } ?? "-",
    ]
  }
}
