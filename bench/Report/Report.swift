package import Foundation
import ShoalCore

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
    guard let worst = statistics(of: .guardedShare).max, worst > Self.guardedLimit else { return nil }
    return
      "the stall guard excused \(Text.plain((worst * 1_000).rounded() / 10)) % of the probe periods of a run, over "
      + "\(Text.plain(Self.guardedLimit * 100)) %: this machine is too slow or too busy for so many nodes"
  }

  /// Beyond it, a run shows how busy the machine was.
  private static let guardedLimit = 0.05

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

extension Report: Encodable {
  private enum Key: String, CodingKey {
    case scenario, transport, nodes, seed, runs, preset, options, machine, version, valid, metrics
  }

  private struct MetricDocument: Encodable {
    let unit: String
    let statistics: Statistics

    private enum Key: String, CodingKey {
      case unit, n, p50, p99, max, mean
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(unit, forKey: .unit)
      try container.encode(statistics.n, forKey: .n)
      // Null for what cannot be said: the key is always there.
      try container.encode(statistics.p50, forKey: .p50)
      try container.encode(statistics.p99, forKey: .p99)
      try container.encode(statistics.max, forKey: .max)
      try container.encode(statistics.mean, forKey: .mean)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(type(of: job.scenario).name, forKey: .scenario)
    try container.encode(job.plan.transport.rawValue, forKey: .transport)
    try container.encode(job.plan.nodes, forKey: .nodes)
    try container.encode(job.plan.seed, forKey: .seed)
    try container.encode(job.plan.runs, forKey: .runs)
    try container.encode(job.plan.preset.rawValue, forKey: .preset)
    try container.encode(
      Dictionary(uniqueKeysWithValues: job.optionValues.map { ($0.name, $0.value) }), forKey: .options)
    try container.encode(MachineText.current, forKey: .machine)
    try container.encode(ShoalVersion.current, forKey: .version)
    try container.encode(flaw == nil, forKey: .valid)
    let metrics = figures.map { ($0.metric.rawValue, MetricDocument(unit: $0.metric.unit, statistics: $0.statistics)) }
    try container.encode(Dictionary(uniqueKeysWithValues: metrics), forKey: .metrics)
  }

  package var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self)
    }
  }
}
