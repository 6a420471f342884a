/// How many pings one core answers, a whole node and a bare loop in turns: what `ceiling` does, for whoever else wants it.
struct CeilingRun {
  private let metrics: [(name: String, title: String, unit: String, values: [Double])]
  private let rounds: Int
  private let seconds: Double

  /// - Parameters:
  ///   - rounds: how often both are measured.
  ///   - seconds: for how long each time.
  ///   - label: for the progress line.
  init(rounds: Int, seconds: Double, label: String = "") throws(StepFailure) {
    let path = DatagramPath(seconds: seconds)
    var (node, bare): ([Double], [Double]) = ([], [])
    do {
      for round in 0..<rounds {
        Terminal.progress("\(label)round \(round + 1) of \(rounds)")
        node.append(try path.node())
        bare.append(try path.bare())
      }
    } catch {
      Terminal.endProgress()
      throw error as? StepFailure ?? StepFailure(sentence: "\(error)")
    }
    Terminal.endProgress()
    metrics = [
      ("node_pings_per_cpu_second", "a whole node", "1/s", node),
      ("bare_pings_per_cpu_second", "bare loop", "1/s", bare),
      ("node_over_bare", "node / bare loop", "1", zip(node, bare).map { $0 / $1 }),
    ]
    self.rounds = rounds
    self.seconds = seconds
  }

  /// A head, and a row for each figure.
  var rows: [[String]] {
    [["pings answered per core", "least", "median", "most"]]
      + metrics.map { metric in
        [metric.title]
          + [metric.values.min(), Statistics(of: metric.values, missing: 0).p50, metric.values.max()].map {
            Text.ceiling($0, unit: metric.unit)
          }
      }
  }

  var document: ReportDocument {
    let figures = metrics.map {
      ($0.name, ReportDocument.Figures(Statistics(of: $0.values, missing: 0), unit: $0.unit))
    }
    return ReportDocument(
      scenario: "ceiling", transport: "loopback", nodes: 1, seed: 0, runs: rounds, preset: "lan",
      options: ["duration": .number(seconds)], metrics: Dictionary(uniqueKeysWithValues: figures))
  }
}

extension Text {
  /// Rates without their decimals, ratios with three digits.
  static func ceiling(_ value: Double?, unit: String) -> String {
    guard let value else { return "-" }
    return unit == "1" ? ratio(value) : "\(grouped(value.rounded()))/s"
  }
}
