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
    let client = try agent.client(timeout: .seconds(15))
    do {
      let report = try await client.leave()
      try StandardOutput.say(json ? try jsonText(report) : "\(report.name) has left its cluster.")
    } catch let error as AdminError {
      throw error.code == .noToken ? Self.noToken(client.address) : error
    }
  }

  private static func noToken(_ address: AdminAddress) -> any Error {
    CommandFailure(
      "Asking the agent at \(address) to leave needs its token, and there is none in "
        + "\(AdminTokenFile.path(port: address.port)). Run this as the user who runs the agent, or give --token-file PATH."
    )
  }
}
