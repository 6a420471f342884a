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
    if let json { try Terminal.checkWritable(json) }
    let path = DatagramPath(seconds: duration)
    var (node, bare): ([Double], [Double]) = ([], [])
    do {
      for round in 0..<rounds {
        Terminal.progress("round \(round + 1) of \(rounds)")
        node.append(try path.node())
        bare.append(try path.bare())
      }
    } catch {
      Terminal.endProgress()
      Terminal.fail((error as? StepFailure)?.sentence ?? "\(error)")
      throw ExitCode(1)
    }
    Terminal.endProgress()
    let metrics: [(name: String, title: String, unit: String, values: [Double])] = [
      ("node_pings_per_cpu_second", "a whole node", "1/s", node),
      ("bare_pings_per_cpu_second", "bare loop", "1/s", bare),
      ("node_over_bare", "node / bare loop", "1", zip(node, bare).map { $0 / $1 }),
    ]
    let rows = metrics.map { metric in
      [metric.title]
        + [metric.values.min(), Statistics(of: metric.values, missing: 0).p50, metric.values.max()].map {
          Text.ceiling($0, unit: metric.unit)
        }
    }
    let table = Table(rows: [["pings answered per core", "least", "median", "most"]] + rows).text
    if json == Terminal.standardOutput { Terminal.note(table) } else { print(table) }
    guard let json else { return }
    let figures = metrics.map {
      ($0.name, ReportDocument.Figures(Statistics(of: $0.values, missing: 0), unit: $0.unit))
    }
    let document = ReportDocument(
      scenario: "ceiling", transport: "loopback", nodes: 1, seed: 0, runs: rounds, preset: "lan",
      options: ["duration": .number(duration)], metrics: Dictionary(uniqueKeysWithValues: figures))
    try Terminal.write(document.json, to: json)
  }
}

extension Text {
  /// Rates without their decimals, ratios with three digits.
  fileprivate static func ceiling(_ value: Double?, unit: String) -> String {
    guard let value else { return "-" }
    return unit == "1" ? ratio(value) : "\(grouped(value.rounded()))/s"
  }
}
