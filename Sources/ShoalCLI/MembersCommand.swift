import ArgumentParser
import Foundation
import ShoalAdmin

struct MembersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "members",
    abstract: "List everybody that an agent knows, living and departed.",
    discussion: """
      The line of the agent that was asked is marked with *. Agents with the same fingerprint see the same living members.

        shoal members
        shoal members --json --admin 127.0.0.1:7957
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  func run() async throws {
    let report = try await agent.client().members()
    guard !json else { return try StandardOutput.say(jsonText(report)) }
    try StandardOutput.say(MemberTable.text(report.members))
    let living = report.members.count { $0.status == "alive" || $0.status == "suspect" }
    try StandardOutput.say(
      "\n\(living) living, fingerprint \(report.fingerprint), \(report.converged ? "converged" : "not converged")")
    if report.isolated {
      try StandardOutput.say("isolated: this agent hears nobody, and what it says of the others may be old")
    }
  }
}

/// Columns for people.
enum MemberTable {
  static func text(_ members: [MemberReport]) -> String {
    let rows = members.map { member in
      [
        member.isSelf ? "*" : "", member.name, member.status, member.address, String(member.id.prefix(8)),
        String(member.incarnation), String(member.seniority), member.role,
        member.flags.joined(separator: ","),
        member.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "),
      ]
    }
    return aligned(
      [["", "NAME", "STATUS", "ADDRESS", "ID", "INCARNATION", "SENIORITY", "ROLE", "FLAGS", "TAGS"]] + rows)
  }

  /// Pads every column to its widest cell; no spaces at the ends of lines.
  static func aligned(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// JSON of one of many, on one line.
func jsonLine(_ report: some Encodable) throws -> String {
  String(decoding: try ReportCoding.encode(report), as: UTF8.self)
}

/// JSON as `--json` prints it.
func jsonText(_ report: some Encodable) throws -> String {
  String(decoding: try ReportCoding.encode(report, pretty: true), as: UTF8.self)
}
