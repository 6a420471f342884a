import ArgumentParser
import ShoalAdmin

struct LeaveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "leave",
    abstract: "Make an agent say goodbye to its cluster and stop.",
    discussion: """
      The others see a departure, not a failure. Needs the token that the agent wrote for its user.

        shoal leave --admin 127.0.0.1:7957
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  func run() async throws {
    let report = try await agent.ask("to leave", timeout: .seconds(15)) { client in try await client.leave() }
    try StandardOutput.say(json ? try jsonText(report) : "\(report.name) has left its cluster.")
  }
}
