import ArgumentParser
import Foundation

/// Two reports beside each other.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Compare two reports of one scenario, written with --json: medians and their ratios.",
    discussion: """
      Example: shoal-bench detect --json a.json && shoal-bench detect --preset classic --json b.json
               shoal-bench report a.json b.json --html ab.html
      """)

  @Argument(help: ArgumentHelp("What is compared with.", valueName: "A.json"))
  var first: String

  @Argument(help: ArgumentHelp("What is compared.", valueName: "B.json"))
  var second: String

  @Option(help: "Draw the ratios and the tables as one page into this file; - is standard output.")
  var html: String?

  func run() throws {
    let comparison: ReportComparison
    do {
      comparison = try ReportComparison(ReportDocument(path: first), ReportDocument(path: second))
    } catch {
      Terminal.fail("\(error)")
      throw ExitCode(1)
    }
    let outputs = OutputFiles(["--html": html])
    try outputs.checkWritable()
    if let html { try Terminal.write(Data(comparison.html(names: (first, second)).utf8), to: html) }
    outputs.say("\(comparison.first.scenario): A is \(first), B is \(second)")
    outputs.say(Table(rows: comparison.table).text)
    guard !comparison.differences.isEmpty else { return }
    outputs.say("\nWhat was run differently:")
    outputs.say(Table(rows: [["", "A", "B"]] + comparison.differences).text)
  }
}
