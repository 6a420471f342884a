package import Foundation

/// What pairs of runs came to: both sides' figures, and the ratios within each pair.
package struct RivalComparison: Sendable, Codable {
  package struct Row: Sendable, Codable {
    package let name: String
    package let scenario: String
    package let title: String
    package let unit: String
    package let shoal: Range
    package let rival: Range
    /// Shoal over the rival, pair by pair.
    package let ratio: Range
  }

  /// Nil where there are no values.
  package struct Range: Sendable, Codable {
    package let n: Int
    package let median: Double?
    package let least: Double?
    package let most: Double?

    init(_ values: [Double]) {
      let sorted = values.sorted()
      n = sorted.count
      least = sorted.first
      most = sorted.last
      median =
        sorted.isEmpty
        ? nil : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private enum CodingKeys: String, CodingKey {
      case n, median
      case least = "min"
      case most = "max"
    }
  }

  package let nodes: Int
  package private(set) var rows: [Row] = []
  /// What a program said did not happen, and which pairs did not count.
  package private(set) var remarks: [String] = []
  package private(set) var shoalVersion = ""
  /// Of the rival and of what it was built with.
  package private(set) var rivalVersion = ""
  package private(set) var machine = ""

  private enum CodingKeys: String, CodingKey {
    case nodes, rows, remarks, machine
    case shoalVersion = "version"
    case rivalVersion = "rival"
  }

  package init(nodes: Int) { self.nodes = nodes }

  /// Whether any pair counted.
  package var hasCounted: Bool { !shoalVersion.isEmpty }

  /// Takes in the pairs of one scenario.
  package mutating func add(_ scenario: RivalScenario, pairs: [PairedRuns.Pair], discarded: Int) {
    for measure in scenario.measures {
      let values = pairs.map { (measure.shoal($0.shoal), measure.rival($0.rival)) }
      let ratios = values.compactMap { shoal, rival -> Double? in
        guard let shoal, let rival, rival != 0 else { return nil }
        return shoal / rival
      }
      rows.append(
        Row(
          name: measure.name, scenario: scenario.name, title: measure.title, unit: measure.unit,
          shoal: Range(values.compactMap(\.0)), rival: Range(values.compactMap(\.1)), ratio: Range(ratios)))
    }
    if discarded > 0 {
      remarks.append(
        "\(scenario.name): \(discarded) pair\(discarded == 1 ? "" : "s") did not count, for the machine was busy with "
          + "other processes; \(pairs.count) did.")
    }
    let busiest = pairs.flatMap { [$0.shoal, $0.rival] }.compactMap { $0.metrics[Metric.othersCPUShare.rawValue]?.max }
      .max()
    if let busiest, busiest > MachineLoad.busyShare {
      remarks.append(
        "\(scenario.name): other programs took up to \(Text.plain((busiest * 100).rounded())) % of the CPU time during a run that "
          + "counts: do not trust its times.")
    }
    for pair in pairs {
      if let failed = pair.shoal.failed { remarks.append("\(scenario.name), Shoal: \(failed)") }
      if let failed = pair.rival.failed { remarks.append("\(scenario.name), \(pair.rival.version): \(failed)") }
      shoalVersion = pair.shoal.version
      rivalVersion = pair.rival.version
      machine = pair.shoal.machine
    }
  }

  /// For a person: a head, and a row for each figure.
  package var table: [[String]] {
    [["\(nodes) nodes", "Shoal", "memberlist", "Shoal / memberlist", "least … most", "pairs"]]
      + rows.map { row in
        [
          row.title, text(row.shoal.median, row), text(row.rival.median, row),
          row.ratio.median.map { Text.ratio($0) } ?? "-", ratios(row.ratio), "\(row.ratio.n)",
        ]
      }
  }

  /// What stands under the table.
  package var footer: [String] {
    guard hasCounted else { return remarks }
    return ["Shoal \(shoalVersion) beside \(rivalVersion), both sealed, LAN defaults, in turns on \(machine)."]
      + remarks
  }

  private func text(_ value: Double?, _ row: Row) -> String {
    guard let metric = Metric(rawValue: row.name) else { return Text.figure(value, unit: row.unit) }
    return Text.perSecond(value, of: metric)
  }

  private func ratios(_ range: Range) -> String {
    guard let least = range.least, let most = range.most else { return "-" }
    return "\(Text.ratio(least)) … \(Text.ratio(most))"
  }

  package func html(command: String) -> String {
    var page = Page(title: "Shoal beside memberlist, \(nodes) nodes")
    page.sections += sections(command: command)
    return page.text
  }

  /// What a page holds of it.
  func sections(command: String) -> [Page.Section] {
    var sections: [Page.Section] = [.command(command)]
    let bars = rows.compactMap { row -> RatioChart.Row? in
      guard let median = row.ratio.median, let least = row.ratio.least, let most = row.ratio.most, least > 0 else {
        return nil
      }
      return RatioChart.Row(label: row.title, median: median, range: least...most)
    }
    if !bars.isEmpty {
      let chart = RatioChart(
        title: "Shoal's figures over memberlist's",
        note: "Medians over the pairs, with the least and the greatest ratio; left of 1 Shoal takes less",
        axisTitle: "Shoal / memberlist", rows: bars)
      sections.append(.picture(chart.svg))
    }
    return sections + [.table(table)] + footer.map { .paragraph($0) }
  }

  package var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self)
    }
  }
}
