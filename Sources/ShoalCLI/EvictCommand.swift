import ArgumentParser
import ShoalAdmin

struct EvictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evict",
    abstract: "Remove a member for good, whether it is alive, suspect or dead.",
    discussion: """
      NODE is a member's name, or at least the first eight digits of its ID. All see it leave, for the reason evicted; its process stops \
      when it hears so, if need be after a split. It is no ban: whoever has the key can join as a new process. Needs the \
      token of the agent that is asked.

        shoal evict orders-2
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  @OptionGroup var member: MemberArgument

  func run() async throws {
    let report = try await agent.ask("to evict a member", timeout: .seconds(15)) { client in
      try await client.evict(member.node)
    }
    try StandardOutput.say(
      json ? try jsonText(report) : "\(report.name) (\(report.id.prefix(8))), which was \(report.status), is evicted.")
  }
}
