package import Foundation

/// What a part came to, as it is kept in a file until it is measured again.
package struct PartOutcome: Codable, Sendable {
  package let name: String
  package let command: String
  /// When it ended: `2026-11-21 14:05`.
  package let date: String
  /// How long it took. Seconds.
  package let took: Double
  /// Of one program's runs; nil where two were put beside each other.
  package let report: ReportDocument?
  package let comparison: RivalComparison?

  package init(
    _ part: Part, date: Date, took: Duration, report: ReportDocument? = nil, comparison: RivalComparison? = nil
  ) {
    name = part.name
    command = part.command
    self.date = Self.text(date)
    self.took = took / .seconds(1)
    self.report = report
    self.comparison = comparison
  }

  /// The share of the machine that others took, in the worst run that counts; nil where nobody looked.
  var othersShare: Double? { report?.metrics[Metric.othersCPUShare.rawValue]?.max }

  var machine: String? { report?.machine ?? comparison?.machine }
  var version: String? { report?.version ?? comparison?.shoalVersion }

  /// What other programs read: the report or the comparison by itself.
  var json: Data {
    get throws { try report?.json ?? comparison?.json ?? Data() }
  }

  private static func text(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyy-MM-dd HH:mm"
    return formatter.string(from: date)
  }
}
