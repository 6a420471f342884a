import ArgumentParser
import Foundation

/// Measures everything, part by part, and writes the page of results.
struct ResultsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "results",
    abstract: "Measure everything on real sockets, beside memberlist and in the simulator, and write it as Markdown.",
    discussion: """
      Hours. Each part is kept as JSON as soon as it is measured; what is kept is not measured again, so that the command can be broken
      off at any time and goes on where it was. The page is written anew after each part, from what is kept.

      Example: shoal-bench results --out bench/RESULTS.md
      Example: shoal-bench results --out bench/RESULTS.md --only ceiling --only join-1000
      """)

  @Option(help: "Where the page is written.")
  var out = "bench/RESULTS.md"

  @Option(help: "The folder that keeps the parts.")
  var parts = ".build/results"

  @Option(
    help: ArgumentHelp(
      "Measure only this part, again if it is kept; the beginning of names means all of them. May be repeated.",
      valueName: "name"))
  var only: [String] = []

  @Flag(help: "Measure nothing: write the page from what is kept.")
  var page = false

  @Flag(help: "Only say what would be done.")
  var dryRun = false

  func validate() throws {
    for name in only where ResultsPlan.parts(named: name).isEmpty {
      throw ValidationError(
        "--only \(name) begins no part's name: \(ResultsPlan.parts.map(\.name).joined(separator: " "))")
    }
  }

  func run() throws {
    let store = ResultsStore(folder: parts)
    let due = try Terminal.explaining { () throws(StepFailure) -> [Part] in try self.due(in: store) }
    Terminal.say(announcement(of: due))
    guard !dryRun else { return }
    try Terminal.checkWritable(out)
    var failures: [String] = []
    for (number, part) in due.enumerated() {
      let left = due[number...].duration
      Terminal.say(
        "\n\(number + 1) of \(due.count), \(part.name): \(part.title) (\(Text.roughly(left)) left)\n  \(part.command)")
      do {
        let run = try PartRun(part, label: "\(number + 1) of \(due.count): ", records: false)
        Terminal.say(run.text)
        try store.keep(run.outcome, of: part)
        try write(from: store)
      } catch let error as StepFailure {
        Terminal.note("\(part.name): \(error.sentence)")
        failures.append(part.name)
      }
    }
    try write(from: store)
    Terminal.say("\nWritten: \(out)")
    guard failures.isEmpty else {
      Terminal.fail("Not measured: \(failures.joined(separator: ", ")). The same command tries them again.")
      throw ExitCode(1)
    }
  }

  /// Parts to measure now.
  private func due(in store: ResultsStore) throws(StepFailure) -> [Part] {
    guard !page else { return [] }
    guard only.isEmpty else {
      let names = only.flatMap { ResultsPlan.parts(named: $0).map(\.name) }
      return ResultsPlan.parts.filter { names.contains($0.name) }
    }
    var due: [Part] = []
    for part in ResultsPlan.parts where try store.outcome(of: part) == nil { due.append(part) }
    return due
  }

  private func announcement(of due: [Part]) -> String {
    let head =
      "\(due.count) of \(ResultsPlan.parts.count) parts are to be measured, about \(Text.roughly(due.duration)); kept in \(parts)."
    let rows = due.map { ["  \($0.name)", Text.roughly(.seconds($0.seconds)), $0.command] }
    return due.isEmpty ? "Nothing is to be measured." : "\(head)\n\(Table(rows: rows).aligned)"
  }

  private func write(from store: ResultsStore) throws {
    let outcomes = try Terminal.explaining { () throws(StepFailure) -> [PartOutcome] in
      var outcomes: [PartOutcome] = []
      for part in ResultsPlan.parts { if let outcome = try store.outcome(of: part) { outcomes.append(outcome) } }
      return outcomes
    }
    try Terminal.write(Data(ResultsPage(parts: ResultsPlan.parts, outcomes: outcomes).markdown.utf8), to: out)
  }
}
