import ArgumentParser
import ShoalAdmin

struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say how a member came to its status: who accused it, who confirmed, and over which paths.",
    discussion: """
      NODE is a name, or at least the first eight digits of an ID. A name that was used by several processes shows all \
      of them, newest first. Every agent tells what it knows itself; two agents may have heard different accusers.

        shoal why orders-2
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON; times are milliseconds since 1970.")
  var json = false

  @OptionGroup var member: MemberArgument

  func run() async throws {
    let report = try await agent.client().explanation(of: member.node)
    guard !json else { return try StandardOutput.say(jsonText(report)) }
    try StandardOutput.say(
      report.records.map { $0.sentences(now: report.now).joined(separator: "\n") }.joined(separator: "\n\n"))
  }
}
