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
    if let html {
      try Terminal.checkWritable(html)
      try Terminal.write(Data(comparison.html(names: (first, second)).utf8), to: html)
    }
    guard html != Terminal.standardOutput else { return }
    print("\(comparison.first.scenario): A is \(first), B is \(second)")
    print(Table(rows: comparison.table).text)
    guard !comparison.differences.isEmpty else { return }
    print("\nWhat was run differently:")
    print(Table(rows: [["", "A", "B"]] + comparison.differences).text)
  }
}
