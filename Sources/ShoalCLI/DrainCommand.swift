import ArgumentParser
import Foundation
import ShoalAdmin

struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Take an agent out of coordination, before maintenance.",
    discussion: """
      It stays a member, marked draining for all to see, and another one coordinates. If it reigns, its reign goes on until its last \
      fencing token has been returned, or the timeout has passed; the command waits for that, and tells how far it is. Needs \
      the agent's token.

        shoal drain --timeout 60
        shoal undrain
      """)

  @OptionGroup var agent: AdminOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How long open fencing tokens may keep its reign: 0 to 3600.", valueName: "seconds"))
  var timeout = DrainReport.standardTimeout / .seconds(1)

  @Flag(help: "Print the agent's last answer as JSON.")
  var json = false

  func validate() throws {
    guard (0...3_600).contains(timeout) else { throw ValidationError("--timeout is \(timeout); give 0 to 3600.") }
  }

  func run() async throws {
    var report = try await agent.ask("to drain", timeout: .seconds(15)) { client in
      try await client.drain(timeout: timeout)
    }
    let client = try agent.client()
    // Somebody may undrain it meanwhile.
    while report.draining, report.coordinating {
      StandardError.progress(report.sentence)
      try await Task.sleep(for: .milliseconds(200))
      report = try await client.drainProgress()
    }
    StandardError.clear()
    try StandardOutput.say(json ? try jsonText(report) : report.sentence)
    guard report.draining else { throw CommandFailure("\(report.name) was undrained meanwhile.") }
  }
}

struct UndrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undrain",
    abstract: "Let a drained agent coordinate again.",
    discussion: """
      By the policy oldest it coordinates at once if it is the oldest member. Needs the agent's token.

        shoal undrain --admin 127.0.0.1:7957
      """)

  @OptionGroup var agent: AdminOptions

  @Flag(help: "Print the agent's answer as JSON.")
  var json = false

  func run() async throws {
    let report = try await agent.ask("to undrain", timeout: .seconds(15)) { client in try await client.undrain() }
    try StandardOutput.say(json ? try jsonText(report) : report.sentence)
  }
}
