import ArgumentParser
import ShoalAdmin

struct AbdicateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abdicate",
    abstract: "End the reign of the agent that coordinates; another one follows.",
    discussion: """
      Ask the coordinator itself. It stands aside until the reign after its own is over. Refused where nobody else may coordinate. \
      Needs the agent's token.

        shoal abdicate --admin 127.0.0.1:7957
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  func run() async throws {
    let report = try await agent.ask("to abdicate", timeout: .seconds(20)) { client in try await client.abdicate() }
    let next = report.coordinator.map { "\($0.name) coordinates under epoch \($0.epoch)" } ?? "nobody coordinates yet"
    try StandardOutput.say(json ? try jsonText(report) : "\(report.name) has abdicated: \(next).")
  }
}
