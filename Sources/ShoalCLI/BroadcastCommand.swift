import ArgumentParser
import Shoal
import ShoalAdmin

struct BroadcastCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "broadcast",
    abstract: "Send a text to every other living member, and say who has it and who has not.",
    discussion: """
      Waits for at most five seconds. Exits with a status other than 0 when somebody is missing; whoever is may get it later. Needs \
      the agent's token.

        shoal broadcast 'maintenance at noon'
        shoal broadcast 'apples 120' --topic prices
      """)

  @OptionGroup var agent: AdminOptions

  @Option(help: "Publish it to a topic: only those that listen to it show it, and all acknowledge it.")
  var topic: String?

  @OptionGroup var topicOptions: TopicOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  @Argument(help: ArgumentHelp("What to send, as UTF-8; at most 1 MiB.", valueName: "text"))
  var text: String

  func validate() throws {
    try ArgumentBytes.requireText()
    try topicOptions.require(hasTopic: topic != nil)
  }

  func run() async throws {
    let topic = topic.map { Topic($0, order: topicOptions.order) }
    let report = try await agent.ask("to send a message", timeout: .seconds(15)) { client in
      try await client.broadcast(text, topic: topic)
    }
    try StandardOutput.say(json ? try jsonText(report) : ReceiptTable.text(report))
    let count = report.acknowledged.count + report.missing.count
    guard report.complete else {
      throw CommandFailure("\(report.missing.count) of \(count) members are not known to have it.")
    }
  }
}

/// A receipt for people: who has it, then who has not and why.
enum ReceiptTable {
  static func text(_ report: BroadcastReport) -> String {
    let count = report.acknowledged.count + report.missing.count
    guard count > 0 else { return "There is nobody else to send it to." }
    let rows =
      report.acknowledged.map { row($0, "has it", "") } + report.missing.map { row($0.node, "missing", $0.reason) }
    return MemberTable.aligned([["NAME", "ID", "RECEIPT", "WHY"]] + rows)
      + "\n\n\(report.acknowledged.count) of \(count) have it"
  }

  private static func row(_ node: RecordReport.Node, _ receipt: String, _ why: String) -> [String] {
    [node.name ?? "", String(node.id.prefix(8)), receipt, why]
  }
}
