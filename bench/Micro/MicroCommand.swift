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
    let chosen = MicroOperation.all.filter { operation.isEmpty || operation.contains($0.name) }
    if let steps {
      for each in chosen { Self.perform(try each.make(), steps: steps) }
      return
    }
    if let json { try Terminal.checkWritable(json) }
    let results = try Terminal.explaining { () throws(StepFailure) in try measure(chosen) }
    let table = Table(rows: [MicroResult.header] + results.map(\.row)).text
    if json == Terminal.standardOutput { Terminal.note(table) } else { print(table) }
    if let json { try Terminal.write(document(of: results).json, to: json) }
  }

  private static func perform(_ operation: MicroOperation, steps: Int) {
    operation.prepare(InstructionCounter.prepared)
    for step in 0..<steps { operation.step(step) }
  }

  private func measure(
    _ chosen: [(name: String, make: () throws -> MicroOperation)]
  ) throws(StepFailure) -> [MicroResult] {
    let counter = instructions ? try InstructionCounter() : nil
    var results: [MicroResult] = []
    var line = ProgressLine(sparseInterval: .seconds(10))
    for (number, each) in chosen.enumerated() {
      let place = "operation \(number + 1) of \(chosen.count), \(each.name)"
      line.show(place)
      let operation: MicroOperation
      do { operation = try each.make() } catch { throw StepFailure(sentence: "\(each.name): \(error)") }
      var result = try MicroResult(of: operation)
      result.instructions = try counter?.count(each.name) { line.show("\(place): instructions under valgrind, \($0)") }
      results.append(result)
    }
    Terminal.endProgress()
    return results
  }

  private func document(of results: [MicroResult]) -> ReportDocument {
    ReportDocument(
      scenario: "micro", transport: "memory", nodes: MicroOperation.sizes.max() ?? 0, seed: 0,
      runs: results.first?.times.count ?? 0, preset: "lan",
      options: ["instructions": .flag(instructions)],
      metrics: results.reduce(into: [:]) { $0.merge($1.metrics) { first, _ in first } })
  }
}
