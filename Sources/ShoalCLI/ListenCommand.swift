import ArgumentParser
import Foundation
import Shoal
import ShoalAdmin

struct ListenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "Print the messages that an agent receives, one line each, until Ctrl-C.",
    discussion: """
      Shows what is sent from now on, by shoal send or by any program as raw bytes. What a line cannot hold is escaped, but in JSON. A reader that \
      is slower than the messages loses the oldest, and is told how many. Needs the agent's token.

        shoal listen
        shoal listen --topic prices --topic orders
        shoal listen --json | jq -r .text
      """)

  @OptionGroup var agent: AdminOptions

  @Option(
    name: .customLong("topic"), parsing: .singleValue,
    help: "Print what is published to this topic instead; repeatable, up to 16 times.")
  var topics: [String] = []

  @OptionGroup var topicOptions: TopicOptions

  @Flag(help: "Print each message as one line of JSON.")
  var json = false

  func validate() throws {
    try topicOptions.require(hasTopic: !topics.isEmpty)
  }

  func run() async throws {
    let signals = SignalWatch()
    defer { withExtendedLifetime(signals) {} }
    let client = try agent.client()
    let topics = topics.map { Topic($0, order: topicOptions.order) }
    let listening = Task { [json] in
      try await client.listen(to: topics) { report in try Self.show(report, json: json) }
    }
    signals.onFirst { listening.cancel() }
    StandardError.hint("Listening at \(client.address); Ctrl-C ends it.")
    do {
      try await listening.value
    } catch is CancellationError {
      return
    } catch let error as AdminError {
      throw agent.explained(error, asking: "for its messages", of: client)
    }
  }

  private static func show(_ report: HeardReport, json: Bool) throws {
    guard !json else { return try StandardOutput.say(ShownText.json(try jsonLine(report))) }
    if report.lost > 0 {
      StandardError.say("\(report.lost) messages were lost here: they came faster than they were read.")
    }
    if report.missed > 0 {
      StandardError.say("The agent has missed \(report.missed) publications of \(report.sender.label) before this one.")
    }
    if let broken = report.orderBroken {
      StandardError.say(
        "The agent has lost its place in total order behind \(broken); from here on it goes on where the order is now.")
    }
    let topic = report.topic.map { " [\(ShownText.line($0))]" } ?? ""
    let cut = report.bytes > HeardReport.textLimit ? " … (\(report.bytes) bytes)" : ""
    try StandardOutput.say("\(time(report.time)) \(report.sender.label)\(topic): \(ShownText.line(report.text))\(cut)")
  }

  /// `12:00:00.250Z`, as in the agent's log.
  private static func time(_ milliseconds: UInt64) -> String {
    let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
    return date.formatted(.iso8601.time(includingFractionalSeconds: true)) + "Z"
  }
}
