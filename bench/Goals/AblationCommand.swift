import ArgumentParser
import Foundation
import ShoalCore

/// What each feature is worth: the same measurements with each of them switched off.
struct AblationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ablation",
    abstract: "What each feature is worth: the same figures with each of them switched off.",
    discussion: """
      The first row is the preset lan, the last one classic. In between, each row is lan without one feature.
      Example: shoal-bench ablation --nodes 128 --runs 5 --markdown ablation.md
      """)

  @Option(help: "How many nodes.")
  var nodes = 128

  @Option(help: "Draws everything. Runs use this seed and the ones after it.")
  var seed: UInt64 = 1

  @Option(help: "How many runs of each command.")
  var runs = 5

  @Option(help: "Only this feature's row beside the first and the last one. May be repeated.")
  var without: [FeatureName] = []

  @Option(help: "Write the table to this file as Markdown; - is standard output.")
  var markdown: String?

  func validate() throws {
    for command in Self.commands {
      do { _ = try BenchCommandLine.job(complete(command)) } catch {
        throw ValidationError(ShoalBench.message(for: error))
      }
    }
  }

  func run() throws {
    let outputs = OutputFiles(["--markdown": markdown])
    try outputs.checkWritable()
    let rows = variants
    var cells: [[String]] = []
    for (number, variant) in rows.enumerated() {
      var row = [variant.title]
      for command in Self.commands {
        let job = try BenchCommandLine.job("\(complete(command)) \(variant.arguments)")
        let progress = RunProgress(label: "\(variant.title) (\(number + 1) of \(rows.count)): ")
        let columns = Self.columns.filter { $0.command == command }
        let report: Report
        do throws(StepFailure) { report = try job.run(progress: progress) } catch {
          // What falls apart without a feature is a finding, and the other rows stand.
          Terminal.note("\(variant.title): shoal-bench \(job.commandLine): \(error.sentence)")
          row += columns.map { _ in "failed" }
          continue
        }
        row += columns.map { column in
          let statistics = report.statistics(of: column.metric)
          return Text.figure(statistics[column.figure], of: column.metric, n: statistics.n)
        }
      }
      Terminal.note(row.joined(separator: "  "))
      cells.append(row)
    }
    let header = [""] + Self.commands.flatMap { command in Self.columns.filter { $0.command == command }.map(\.title) }
    outputs.say(Table(rows: [header] + cells).text)
    outputs.say("\nThe commands, to each of which the first row adds nothing, the last one --preset classic:")
    for command in Self.commands { outputs.say("  shoal-bench \(complete(command))") }
    if let markdown {
      try Terminal.write(Data(MarkdownTable.text(header: header, rows: cells).utf8), to: markdown)
    }
  }

  private var variants: [(title: String, arguments: String)] {
    let chosen = without.isEmpty ? Features.named.map(\.name) : without.map(\.name)
    return [("all features", "")] + chosen.map { ("without \($0)", "--without \($0)") }
      + [("classic", "--preset classic")]
  }

  private func complete(_ command: String) -> String { "\(command) --nodes \(nodes) --seed \(seed) --runs \(runs)" }

  private struct Column: Sendable {
    let title: String
    let command: String
    let metric: Metric
    let figure: Statistics.Figure
  }

  private static let columns = [
    Column(title: "first suspect p99", command: "detect", metric: .firstSuspect, figure: .p99),
    Column(title: "dead everywhere p50", command: "detect", metric: .deadEverywhere, figure: .p50),
    Column(title: "p99", command: "detect", metric: .deadEverywhere, figure: .p99),
    Column(title: "killed p50", command: "detect --crash killed", metric: .deadEverywhere, figure: .p50),
    Column(title: "update t100 p50", command: "disseminate", metric: .t100, figure: .p50),
    Column(title: "copies", command: "disseminate", metric: .transmissionsPerMember, figure: .mean),
    Column(
      title: "60 kB of metadata: owner sends", command: "metadata --bytes 60000", metric: .ownerBytes, figure: .p50),
    Column(title: "at rest", command: "steady", metric: .bytesPerNodeSecond, figure: .mean),
    Column(title: "join: seed sends", command: "converge", metric: .seedBytes, figure: .p50),
    Column(
      title: "blocked: false at healthy", command: "anomaly --blocked 16 --duration 32",
      metric: .falseDeathsAtHealthyPerNodeHour,
      figure: .mean),
    Column(
      title: "25 % loss: false", command: "anomaly --blocked 0 --loss 0.25", metric: .falseDeathsPerNodeHour,
      figure: .mean),
    Column(title: "outage: false", command: "outage", metric: .falseDeaths, figure: .max),
  ]

  /// Each command once, in the order of its first column.
  private static let commands = columns.map(\.command).reduce(into: [String]()) { seen, command in
    if seen.last != command { seen.append(command) }
  }
}
