import Foundation

/// A part that has been played: what is kept of it, what is printed, and what a page shows.
struct PartRun {
  let outcome: PartOutcome
  /// For a terminal: the table, and a line of blocks where something was recorded.
  let text: String
  let sections: [Page.Section]
  /// The figures that a person looks for first, with their names.
  let headlines: [(name: String, value: String)]

  /// Plays it.
  ///
  /// - Parameters:
  ///   - label: for the progress line.
  ///   - records: whether pictures are drawn, for which every change of every view is kept.
  init(_ part: Part, label: String, records: Bool) throws {
    let started = ContinuousClock().now
    func outcome(report: ReportDocument? = nil, comparison: RivalComparison? = nil) -> PartOutcome {
      PartOutcome(part, date: Date(), took: ContinuousClock().now - started, report: report, comparison: comparison)
    }
    switch part.work {
    case .scenario(let line):
      var job = try BenchCommandLine.job(line)
      job.plan.records = records
      let report = try job.run(progress: RunProgress(label: label))
      let page = ReportPage(report)
      self.outcome = outcome(report: report.document)
      let warnings = [report.flaw.map { "INVALID: \($0)" }, report.caution.map { "NOTE: \($0)." }].compactMap(\.self)
      text = ([report.table, page.sparkline].compactMap(\.self) + warnings).joined(separator: "\n")
      sections = page.sections + warnings.map { .paragraph($0) }
      headlines = Self.headlines(of: report)
    case .micro(let countsInstructions):
      let run = try MicroRun(countsInstructions: countsInstructions, label: label)
      self.outcome = outcome(report: run.document)
      text = Table(rows: run.rows).text
      sections = [.command(part.command), .table(run.rows)]
      // What a node does for a whole exchange; the steps by themselves are in the table.
      headlines = run.results.filter { $0.name.hasPrefix("engine_step") }.map {
        ($0.title, Text.figure($0.best, unit: "s"))
      }
    case .ceiling(let rounds):
      let run = try CeilingRun(rounds: rounds, seconds: 1, label: label)
      self.outcome = outcome(report: run.document)
      text = Table(rows: run.rows).text
      sections = [.command(part.command), .table(run.rows)]
      headlines = run.rows.dropFirst().map { ($0[0], $0[2]) }
    case .message(let rounds, let seconds):
      let run = try MessageRun(rounds: rounds, seconds: seconds, label: label)
      self.outcome = outcome(report: run.document)
      text = run.text
      sections = run.sections(command: part.command)
      headlines = run.goals.dropFirst().map { ($0[0], $0[1]) }
    case .rival(var run):
      run.label = label
      let comparison = try run.play()
      guard comparison.hasCounted else { throw StepFailure(sentence: comparison.remarks.joined(separator: " ")) }
      self.outcome = outcome(comparison: comparison)
      text = ([Table(rows: comparison.table).text] + comparison.footer).joined(separator: "\n")
      sections = comparison.sections(command: part.command)
      headlines = comparison.rows.compactMap { row in
        row.ratio.median.map { (row.title, "\(Text.ratio($0)) of memberlist's") }
      }
    }
  }

  private static let watched: [Metric] = [
    .timeToOneView, .t100, .deadEverywhere, .bytesPerNodeSecond, .cpuSeconds, .cpuSecondsPerNodeSecond,
    .rssBytesPerNode,
  ]

  private static func headlines(of report: Report) -> [(name: String, value: String)] {
    watched.filter(report.job.metrics.contains).map { metric in
      ("\(metric.rawValue) p50", Text.figure(report.statistics(of: metric).p50, of: metric, n: 1))
    }
  }
}
