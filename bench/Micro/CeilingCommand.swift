import ArgumentParser

/// The datagram path of one node on real sockets.
struct CeilingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ceiling",
    abstract: "Sealed pings that one node answers per second of one core on real sockets, beside a bare loop.",
    discussion: """
      A node in full: receive, open, engine, seal, send, on 127.0.0.1. The pings are those of a member that has proved itself, 64 under
      way at a time. The bare loop does no more than receive, open, seal and send, one packet for each call of the kernel. What counts
      is the CPU time of the answering thread, the kernel's part included, so that the load beside it does not matter much.
      Example: shoal-bench ceiling --rounds 7 --json ceiling.json
      """)

  @Option(help: "How often both are measured, in turns.")
  var rounds = 5

  @Option(help: "For how many seconds each time.")
  var duration = 1.0

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  func validate() throws {
    guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1,000, but is \(rounds)") }
    guard (0.1...60).contains(duration) else {
      throw ValidationError("--duration must be 0.1 to 60 seconds, but is \(duration)")
    }
  }

  func run() throws {
    let outputs = OutputFiles(["--json": json])
    try outputs.checkWritable()
    let run = try Terminal.explaining { () throws(StepFailure) in try CeilingRun(rounds: rounds, seconds: duration) }
    outputs.say(Table(rows: run.rows).text)
    if let json { try Terminal.write(run.document.json, to: json) }
  }
}
