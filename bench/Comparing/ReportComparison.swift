/// Two reports of one scenario, figure beside figure.
package struct ReportComparison: Sendable {
  package struct Row: Sendable {
    package let name: String
    package let unit: String
    package let first: ReportDocument.Figures?
    package let second: ReportDocument.Figures?

    /// The second's median over the first's; nil when either has none, or there is nothing to divide by.
    package var ratio: Double? {
      guard let first = first?.p50, let second = second?.p50, first != 0 else { return nil }
      return second / first
    }
  }

  package let first: ReportDocument
  package let second: ReportDocument
  /// Every metric that either has.
  package let rows: [Row]

  /// Throws when they are of different scenarios.
  package init(_ first: ReportDocument, _ second: ReportDocument) throws(ReportComparisonError) {
    guard first.scenario == second.scenario else {
      throw ReportComparisonError(first: first.scenario, second: second.scenario)
    }
    self.first = first
    self.second = second
    let names = first.metricNames + second.metricNames.filter { first.metrics[$0] == nil }
    rows = names.map { name in
      let figures = (first.metrics[name], second.metrics[name])
      return Row(name: name, unit: figures.0?.unit ?? figures.1?.unit ?? "1", first: figures.0, second: figures.1)
    }
  }

  static let header = ["metric", "A p50", "B p50", "B / A", "A p99", "B p99", "A n", "B n"]

  /// For a person: a head, and a row for each metric.
  package var table: [[String]] {
    [Self.header]
      + rows.map { row in
        func text(_ value: Double?) -> String { Text.figure(value, unit: row.unit) }
        return [
          row.name, text(row.first?.p50), text(row.second?.p50), row.ratio.map { Text.ratio($0) } ?? "-",
          text(row.first?.p99), text(row.second?.p99), "\(row.first?.n ?? 0)", "\(row.second?.n ?? 0)",
        ]
      }
  }

  /// What was run differently, a row for each thing.
  package var differences: [[String]] {
    let pairs: [(String, String, String)] =
      [
        ("nodes", "\(first.nodes)", "\(second.nodes)"), ("runs", "\(first.runs)", "\(second.runs)"),
        ("seed", "\(first.seed)", "\(second.seed)"), ("transport", first.transport, second.transport),
        ("preset", first.preset, second.preset), ("version", first.version, second.version),
        ("machine", first.machine, second.machine), ("failed", first.failed ?? "-", second.failed ?? "-"),
      ]
      + Set(first.options.keys).union(second.options.keys).sorted().map { name in
        ("--\(name)", first.options[name]?.text ?? "-", second.options[name]?.text ?? "-")
      }
    return pairs.filter { $0.1 != $0.2 }.map { [$0.0, $0.1, $0.2] }
  }

  /// - Parameter names: of the two files.
  package func html(names: (String, String)) -> String {
    var page = Page(title: "\(first.scenario): A and B side by side")
    page.sections += [
      .paragraph("A is \(names.0): \(first.version), \(first.transport), \(first.nodes) nodes, \(first.machine)."),
      .paragraph("B is \(names.1): \(second.version), \(second.transport), \(second.nodes) nodes, \(second.machine)."),
    ]
    let bars = rows.compactMap { row in
      row.ratio.flatMap { $0 > 0 ? RatioChart.Row(label: row.name, median: $0, range: $0...$0) : nil }
    }
    if !bars.isEmpty {
      let chart = RatioChart(
        title: "Medians of B over those of A", note: "Left of 1, B's figure is the smaller one",
        axisTitle: "B / A", rows: bars)
      page.sections.append(.picture(chart.svg))
    }
    page.sections += [.heading("Figures"), .table(table)]
    if !differences.isEmpty {
      page.sections += [.heading("What was run differently"), .table([["", "A", "B"]] + differences)]
    }
    return page.text
  }
}

/// Two reports that say nothing about each other.
package struct ReportComparisonError: Error, CustomStringConvertible {
  let first: String
  let second: String

  package var description: String {
    "A is a report of '\(first)' and B one of '\(second)': only runs of the same scenario can be compared."
  }
}
