import Foundation
import ShoalCore

/// All verdicts, for a person, a page and a program.
struct GoalsReport {
  let verdicts: [Verdict]
  let showsClassic: Bool

  var missed: Int { verdicts.count { $0.isMet == false } }
  var failed: Int { verdicts.count { $0.failure != nil } }

  private var header: [String] {
    ["goal", "figure", "bound", "verdict"] + (showsClassic ? ["classic"] : [])
  }

  private func cells(of verdict: Verdict) -> [String] {
    [verdict.goal.title, verdict.figure?.text ?? "-", verdict.boundText, verdict.text]
      + (showsClassic ? [verdict.classic?.text ?? "-"] : [])
  }

  /// The table, and below it the command behind each row.
  var text: String {
    let numbers = verdicts.indices.map { "\($0 + 1)" }
    let rows = zip(numbers, verdicts).map { number, verdict in
      var cells = cells(of: verdict)
      cells[0] = "\(number)  \(cells[0])"
      return cells
    }
    var lines = [Table(rows: [header] + rows).text, ""]
    lines += zip(numbers, verdicts).map { "  \($0)  shoal-bench \($1.command)" }
    lines += reasons.map { "  \($0)" }
    lines += verdicts.compactMap { verdict in verdict.failure.map { "Failed: \(verdict.goal.title): \($0)" } }
    let bounded = verdicts.count { $0.isMet != nil }
    lines += ["", "\(bounded - missed) of \(bounded) goals met, \(missed) missed, \(verdicts.count - bounded) stated."]
    return lines.joined(separator: "\n")
  }

  var markdown: String {
    MarkdownTable.text(
      header: header + ["command"],
      rows: verdicts.map { cells(of: $0) + ["`shoal-bench \($0.command)`"] })
      + reasons.map { "\n\($0)\n" }.joined()
  }

  /// What is missed, or has no bound, and why.
  private var reasons: [String] {
    verdicts.compactMap { verdict in verdict.reason.map { "\(verdict.goal.title): \(verdict.text), for \($0)." } }
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(
        Document(machine: MachineText.current, version: ShoalVersion.current, goals: verdicts.map(Row.init)))
    }
  }

  private struct Document: Encodable {
    let machine: String
    let version: String
    let goals: [Row]
  }

  private struct Row: Encodable {
    let goal: String
    let command: String
    let figure: String
    let unit: String?
    let value: Double?
    let comparison: String?
    let bound: Double?
    let met: Bool?
    let classic: Double?
    let failure: String?
    let reason: String?

    init(_ verdict: Verdict) {
      goal = verdict.goal.title
      command = "shoal-bench \(verdict.command)"
      figure = verdict.name
      unit = verdict.figure?.metric.unit
      value = verdict.figure?.value
      comparison = verdict.comparison?.rawValue
      bound = verdict.bound?.value
      met = verdict.isMet
      classic = verdict.classic?.value
      failure = verdict.failure
      reason = verdict.reason
    }
  }
}
