import ArgumentParser

/// What strangers who only connect cost a node.
struct IdleConnectionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idle-connections",
    abstract: "What thousands of connections that say nothing cost a node, and those who join through it.",
    discussion: """
      A node in a process of its own; this process opens the connections from one address, all at once, and has nodes join through the same
      port meanwhile. The memory is the most that the node's process has grown by.
      Example: shoal-bench idle-connections --rounds 5
      """)

  @Option(help: "How many connections are opened in each round.")
  var connections = 10_000

  @Option(help: "How often they are opened.")
  var rounds = 3

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  @Flag(help: "Exit with status 1 when a goal is missed.")
  var strict = false

  func validate() throws {
    guard (1...100_000).contains(connections) else {
      throw ValidationError("--connections must be 1 to 100,000, but is \(connections)")
    }
    guard (1...1_000).contains(rounds) else { throw ValidationError("--rounds must be 1 to 1,000, but is \(rounds)") }
  }

  func run() throws {
    let outputs = OutputFiles(["--json": json])
    try outputs.checkWritable()
    let run = try Terminal.explaining { () throws(StepFailure) in
      try IdleConnectionsRun(connections: connections, rounds: rounds)
    }
    outputs.say(run.text)
    if let json { try Terminal.write(run.document.json, to: json) }
    if strict, !run.isWithinBounds { throw ExitCode(1) }
  }
}
