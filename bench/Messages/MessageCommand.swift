import ArgumentParser
import Foundation

/// Messages between two nodes on real sockets.
struct MessageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "message",
    abstract: "Messages between real nodes: how many a second, how soon answered, beside plain SwiftNIO.",
    discussion: """
      Real nodes on 127.0.0.1, sealed, in this process; each end has an event loop thread of its own. Plain NIO is a TCP connection that
      carries the same bytes with four bytes of length before each message, neither sealed nor acknowledged, with as many messages in a
      frame and a flush; both make every message that arrives an array of its own. Both are measured in turns, and ratios are taken
      round by round. Messages one way are of 100 B, 1 KiB and 64 KiB; requests, replies and broadcasts of 100 B.
      Example: shoal-bench message --rounds 7 --json message.json --html message.html
      """)

  @Option(help: "How often both are measured, in turns.")
  var rounds = 5

  @Option(help: "For how many seconds each figure is taken.")
  var duration = MessageRun.usualSeconds

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  @Option(help: "Draw the ratios and the tables as one page into this file; - is standard output.")
  var html: String?

  @Option(help: "Draw the ratios by themselves, as SVG, into this file; - is standard output.")
  var svg: String?

  @Flag(help: "Exit with status 1 when a goal is missed.")
  var strict = false

  private var outputs: OutputFiles { OutputFiles(["--json": json, "--html": html, "--svg": svg]) }

  func validate() throws {
    try outputs.validate()
    guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1,000, but is \(rounds)") }
    guard (0.1...60).contains(duration) else {
      throw ValidationError("--duration must be 0.1 to 60 seconds, but is \(duration)")
    }
  }

  func run() throws {
    try outputs.checkWritable()
    let run = try Terminal.explaining { () throws(StepFailure) in try MessageRun(rounds: rounds, seconds: duration) }
    outputs.say(run.text)
    let document = run.document
    if let json { try Terminal.write(document.json, to: json) }
    let command = "shoal-bench message --rounds \(rounds) --duration \(Text.plain(duration))"
    if let html { try Terminal.write(Data(run.html(command: command).utf8), to: html) }
    if let svg { try Terminal.write(Data(run.svg.utf8), to: svg) }
    if strict, MessageGoal.all.contains(where: { $0.judge(document)?.isMet != true }) { throw ExitCode(1) }
  }
}
