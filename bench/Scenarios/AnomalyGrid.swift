/// Lifeguard's grid (§V): how many members stand still, for how long, and how long they run in between.
struct AnomalyGrid {
  let blocked: [Int]
  let milliseconds: [Int]
  /// Nil for once.
  let intervals: [Int?]

  static let full = AnomalyGrid(
    blocked: [1, 4, 8, 12, 16, 20, 24, 28, 32],
    milliseconds: [128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768],
    intervals: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, nil])

  static let some = AnomalyGrid(
    blocked: [1, 4, 16, 32], milliseconds: [512, 2_048, 8_192, 32_768], intervals: [64, 4_096, nil])

  /// Cells in which a healthy member is left to crash.
  func cells(kind: AnomalyName, nodes: Int) -> [Anomaly] {
    blocked.filter { $0 <= nodes - 3 }.flatMap { count in
      milliseconds.flatMap { duration in
        intervals.map { interval in
          Anomaly(
            blocked: count, kind: kind, duration: .milliseconds(duration), interval: interval.map { .milliseconds($0) })
        }
      }
    }
  }

  func count(nodes: Int) -> Int { cells(kind: .blocked, nodes: nodes).count }

  static let header = [
    "blocked", "duration", "interval", "false deaths /node-h", "at healthy", "first suspect", "dead everywhere p50",
    "p99",
  ]

  static func row(of cell: Anomaly, report: Report) -> [String] {
    func text(_ metric: Metric, _ figure: Statistics.Figure) -> String {
      let statistics = report.statistics(of: metric)
      return Text.figure(statistics[figure], of: metric, n: statistics.n)
    }
    return [
      "\(cell.blocked)", Text.time(cell.duration), cell.interval.map { Text.time($0) } ?? "once",
      text(.falseDeathsPerNodeHour, .mean), text(.falseDeathsAtHealthyPerNodeHour, .mean), text(.firstSuspect, .p50),
      text(.deadEverywhere, .p50), text(.deadEverywhere, .p99),
    ]
  }
}
