package import Foundation

/// The outcome of one command: what was run, and every metric's figures.
package struct Report: Sendable {
  let job: Job
  let figures: [(metric: Metric, statistics: Statistics)]
  /// Over all bytes and events of all runs; nil on real sockets.
  let traceHash: UInt64?
  /// What pictures are drawn from, one for each run; empty when none was asked for.
  let recordings: [Recording]

  init(job: Job, samples: Samples, traceHash: UInt64?, recordings: [Recording]) {
    self.recordings = recordings
    self.job = job
    self.traceHash = traceHash
    figures = job.metrics.map { ($0, samples.statistics(of: $0)) }
  }

  package func statistics(of metric: Metric) -> Statistics {
    figures.first { $0.metric == metric }?.statistics ?? Statistics(of: [], missing: 0)
  }

  /// Why the figures say nothing about the protocol; nil when they do.
  package var flaw: String? {
    guard let type = type(of: job.scenario) as? any LoopbackScenario.Type, let limit = type.guardedLimit,
      let worst = statistics(of: .guardedShare).max, worst > limit
    else { return nil }
    return
      "the stall guard excused \(Text.plain((worst * 1_000).rounded() / 10)) % of the probe periods of a run, over "
      + "\(Text.plain(limit * 100)) %: this machine is too slow or too busy for so many nodes"
  }

  /// What to make of times that were measured beside other programs; nil where the machine was left alone.
  var caution: String? {
    guard let share = statistics(of: .othersCPUShare).max, share > MachineLoad.busyShare else { return nil }
    return
      "other programs took up to \(Text.plain((share * 100).rounded())) % of this machine's CPU time during a run: do not trust "
      + "its times"
  }

  /// For a person.
  var table: String { Table(rows: rows).text + (flaw == nil ? "" : "\n  INVALID") }

  /// Whether the same command gives the same again.
  package var provenance: String {
    guard let traceHash else { return "Real sockets and real time: every run differs." }
    return "Trace \(Text.hexadecimal(traceHash)): the same command prints the same figures."
  }

  /// A head, and a row for each metric.
  var rows: [[String]] {
    let header = ["metric", "n", "p50", "p99", "max", "mean"]
    let rows = figures.map { metric, statistics in
      [metric.rawValue, "\(statistics.n)"]
        + [statistics.p50, statistics.p99, statistics.max, statistics.mean].map {
          Text.figure($0, of: metric, n: statistics.n)
        }
    }
    return [header] + rows
  }

  /// What was asked for and is not so, as sentences.
  var unmet: [String] {
    job.expectations.compactMap { expectation in
      let statistics = statistics(of: expectation.metric)
      guard !expectation.isMet(by: statistics) else { return nil }
      let value = Text.figure(statistics[expectation.figure], of: expectation.metric, n: statistics.n)
      let bound = Text.figure(expectation.bound, of: expectation.metric, n: 1)
      return "\(expectation.name) is \(value), expected \(expectation.comparison.rawValue) \(bound)"
    }
  }
}

extension Report {
  /// As it is written to a file.
  var document: ReportDocument {
    ReportDocument(
      scenario: type(of: job.scenario).name, transport: job.plan.transport.rawValue, nodes: job.plan.nodes,
      seed: job.plan.seed, runs: job.plan.runs, preset: job.plan.preset.rawValue,
      options: Dictionary(uniqueKeysWithValues: job.optionValues.map { ($0.name, $0.value) }),
      metrics: Dictionary(
        uniqueKeysWithValues: figures.map {
          ($0.metric.rawValue, ReportDocument.Figures($0.statistics, unit: $0.metric.unit))
        }), isValid: flaw == nil)
  }

  package var json: Data { get throws { try document.json } }
}
