import ArgumentParser
import ShoalAdmin

struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send a text to a member, over the sealed channel between the agent and it.",
    discussion: """
      NODE is a living member's name, or at least the first eight digits of its ID. Without --acknowledged the command ends when the \
      agent has queued the text, which is then sent until it arrives, for as long as both live. With it, when the member's process \
      has it; it fails when that is not so after five seconds. Needs the agent's token.

        shoal send orders-2 'hello' --acknowledged
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Wait until the member's process has it.")
  var acknowledged = false

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  @OptionGroup var member: MemberArgument

  @Argument(help: ArgumentHelp("What to send, as UTF-8; at most 1 MiB.", valueName: "text"))
  var text: String

  func validate() throws {
    try ArgumentBytes.requireText()
  }

  func run() async throws {
    let report = try await agent.ask("to send a message", timeout: .seconds(15)) { client in
      try await client.send(text, to: member.node, awaitingReceipt: acknowledged)
    }
    guard !json else { return try StandardOutput.say(jsonText(report)) }
    let name = report.receiver.label
    try StandardOutput.say(report.acknowledged ? "\(name) has it." : "Queued for \(name).")
  }
}
