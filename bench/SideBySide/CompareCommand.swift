import ArgumentParser
import Foundation

/// Shoal beside a program that does the same.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run Shoal and memberlist in turns on this machine, on real sockets, and print the ratios.",
    discussion: """
      Both play the same scenarios with as many nodes on 127.0.0.1, sealed, with their LAN defaults; each run is a process of its own.
      A pair in which other processes took too much of the CPU time is discarded and run again. make rivals builds memberlist.
      Scenarios: \(RivalScenario.memberlist.map(\.name).joined(separator: " "))
      Example: shoal-bench compare memberlist --nodes 100 --pairs 5 --html compare.html
      """)

  enum RivalName: String, ExpressibleByArgument, CaseIterable, Sendable { case memberlist }

  @Argument(help: "Beside what.")
  var rival: RivalName

  @Option(help: "How many nodes each of the two runs.")
  var nodes = 100

  @Option(help: "How many pairs of runs have to count in each scenario.")
  var pairs = 5

  @Option(help: ArgumentHelp("Only this scenario. May be repeated.", valueName: "name"))
  var scenario: [String] = []

  @Option(help: "A pair counts when other processes had no greater share of the CPU time than this.")
  var busyLimit = MachineLoad.busyShare

  @Option(help: "How many pairs more are run at most, in each scenario, in place of those that do not count.")
  var spares = 5

  @Option(help: "Where the rival's program is.")
  var program = RivalRun.usualProgram

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  @Option(help: "Draw the ratios and the table as one page into this file.")
  var html: String?

  private static let nodeLimits = 2...5_000

  private var outputs: OutputFiles { OutputFiles(["--json": json, "--html": html]) }

  func validate() throws {
    try outputs.validate()
    guard Self.nodeLimits.contains(nodes) else { throw ValidationError("--nodes must be 2 to 5,000, but is \(nodes)") }
    guard (1...1_000).contains(pairs) else { throw ValidationError("--pairs must be 1 to 1,000, but is \(pairs)") }
    guard (0...1_000).contains(spares) else { throw ValidationError("--spares must be 0 to 1,000, but is \(spares)") }
    guard (0...1).contains(busyLimit) else {
      throw ValidationError("--busy-limit must be a share from 0 to 1, but is \(busyLimit)")
    }
    let names = RivalScenario.memberlist.map(\.name)
    for name in scenario where !names.contains(name) {
      throw ValidationError("--scenario \(name) is none of: \(names.joined(separator: " "))")
    }
  }

  func run() throws {
    try outputs.checkWritable()
    let run = RivalRun(
      nodes: nodes, pairs: pairs, spares: spares, busyLimit: busyLimit, scenarios: scenario, program: program)
    let comparison = try Terminal.explaining { () throws(StepFailure) in try run.play() }
    outputs.say(([Table(rows: comparison.table).text] + comparison.footer).joined(separator: "\n"))
    if let json { try Terminal.write(comparison.json, to: json) }
    if let html { try Terminal.write(Data(comparison.html(command: run.commandLine).utf8), to: html) }
  }
}
