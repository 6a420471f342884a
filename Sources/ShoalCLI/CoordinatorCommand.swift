import ArgumentParser
import Foundation
import ShoalAdmin

struct CoordinatorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coordinator",
    abstract: "Say who coordinates, under which epoch and why, or list the reigns so far.",
    discussion: """
      Every agent tells whom it follows itself. On the two sides of a split two may coordinate; when it heals one reign goes on, \
      under an epoch above both.

        shoal coordinator
        shoal coordinator --history
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "List the latest reigns that the agent has followed, at most 64.")
  var history = false

  @Flag(help: "Print the agent's answer as JSON; times are milliseconds since 1970.")
  var json = false

  func run() async throws {
    let client = try agent.client()
    guard history else {
      let report = try await client.coordinator()
      return try StandardOutput.say(json ? jsonText(report) : report.sentences.joined(separator: "\n"))
    }
    let report = try await client.coordinatorHistory()
    try StandardOutput.say(json ? jsonText(report) : ReignTable.text(report.reigns))
  }
}

/// Reigns for people, the latest last.
enum ReignTable {
  static func text(_ reigns: [CoordinatorHistoryReport.Entry]) -> String {
    let rows = reigns.map { entry in
      [
        String(entry.reign.epoch), entry.reign.name, String(entry.reign.id.prefix(8)), entry.reign.reason,
        clock(entry.from), entry.until.map(clock) ?? "", entry.end ?? "lasts",
      ]
    }
    return MemberTable.aligned([["EPOCH", "NAME", "ID", "CAUSE", "FROM", "UNTIL", "END"]] + rows)
  }

  private static func clock(_ milliseconds: UInt64) -> String { RecordReport.clock(milliseconds) }
}
