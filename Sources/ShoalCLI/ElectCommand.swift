import ArgumentParser
import ShoalAdmin

struct ElectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "elect",
    abstract: "Force a new reign, of whoever the view names.",
    discussion: """
      Any agent can be asked. The one that reigns may be named again: the epoch is a higher one all the same, so that whatever was \
      done under the old one can be refused. Needs the agent's token.

        shoal elect
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  func run() async throws {
    let report = try await agent.ask("for a new reign", timeout: .seconds(20)) { client in try await client.elect() }
    try StandardOutput.say(
      json
        ? try jsonText(report)
        : "\(report.reign.name) coordinates under epoch \(report.reign.epoch), for the reason \(report.reign.reason).")
  }
}
