import ArgumentParser
import Foundation

/// What single steps of a node cost.
struct MicroCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "micro",
    abstract: "Decode, encode, seal, open, reject, answer: time, allocations and instructions of each.",
    discussion: """
      Times are the thread's own CPU time for one operation, best and median of 15 rounds of 20,000; allocations are calls of the
      allocator, counted with glibc only. A step of the engine takes a sealed ping of another member each time and seals the ack.
      Instructions do not depend on what else the machine does.
      Example: shoal-bench micro --instructions --json micro.json
      """)

  @Option(help: ArgumentHelp("Only this operation. May be repeated.", valueName: "name"))
  var operation: [String] = []

  @Flag(help: "Count instructions too, under valgrind: a minute or so.")
  var instructions = false

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  /// For `InstructionCounter`: makes a fixed number of steps ready, does so many, and prints nothing.
  @Option(help: .hidden)
  var steps: Int?

  func validate() throws {
    let names = MicroOperation.all.map(\.name)
    for name in operation where !names.contains(name) {
      throw ValidationError("--operation \(name) is none of: \(names.joined(separator: " "))")
    }
    if let steps, !(0...InstructionCounter.prepared).contains(steps) {
      throw ValidationError("--steps must be 0 to \(InstructionCounter.prepared)")
    }
  }

  func run() throws {
    if let steps {
      for each in MicroOperation.all where operation.isEmpty || operation.contains(each.name) {
        Self.perform(try each.make(), steps: steps)
      }
      return
    }
    let outputs = OutputFiles(["--json": json])
    try outputs.checkWritable()
    let run = try Terminal.explaining { () throws(StepFailure) in
      try MicroRun(operation, countsInstructions: instructions)
    }
    outputs.say(Table(rows: run.rows).text)
    if let json { try Terminal.write(run.document.json, to: json) }
  }

  private static func perform(_ operation: MicroOperation, steps: Int) {
    operation.prepare(InstructionCounter.prepared)
    for step in 0..<steps { operation.step(step) }
  }
}
