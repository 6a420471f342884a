/// A bound on what runs on real sockets came to.
struct ResultsGoal: Sendable {
  let title: String
  /// The part that it is read off, for whoever wants to measure it again.
  let part: String
  /// For people: `≤ 8 s`.
  let bound: String
  /// The figure as text, and whether the bound is kept; nil when it was not measured.
  let judge: @Sendable (ResultsFigures) -> (reached: String, isMet: Bool)?

  static let all: [ResultsGoal] = joining + atRest + besideMemberlist + oneCore + messages

  private static let joining = [
    figure("\(ResultsPlan.restNodes) nodes have one view", ResultsPlan.join(1_000), .timeToOneView, .p50, atMost: 8),
    ResultsGoal(title: "5000 nodes come to one view", part: ResultsPlan.join(5_000), bound: "at all") { figures in
      figures.report(ResultsPlan.join(5_000)).map { report in
        let time = report.metrics[Metric.timeToOneView.rawValue]?.max
        return (Text.figure(time, of: .timeToOneView, n: 1), time != nil)
      }
    },
  ]

  private static let atRest = [
    figure(
      "at rest: CPU time per node and second", ResultsPlan.restName, .cpuSecondsPerNodeSecond, .p50, atMost: 0.000_05),
    figure("at rest: packets per node and second", ResultsPlan.restName, .packetsPerNodeSecond, .mean, atMost: 2.1),
    figure("at rest: bytes per node and second", ResultsPlan.restName, .bytesPerNodeSecond, .mean, atMost: 190),
    figure("at rest: resident memory per node", ResultsPlan.restName, .rssBytesPerNode, .p50, atMost: 250_000),
  ]

  private static let besideMemberlist: [ResultsGoal] = [100, 200].flatMap { nodes in
    [
      ratio(nodes, "crash-mute", .deadEverywhere, atMost: 1 / 3.5),
      ratio(nodes, "disseminate", .t100, atMost: 1.0 / 20),
      ratio(nodes, "converge", .timeToOneView, atMost: 1.0 / 3),
      ratio(nodes, "converge", .cpuSeconds, atMost: 1.0 / 5),
      ratio(nodes, "steady", .cpuSecondsPerNodeSecond, atMost: 1.0 / 8),
      ratio(nodes, "steady", .bytesPerNodeSecond, atMost: 1),
      ratio(nodes, "steady", .rssBytesPerNode, atMost: 1.0 / 3),
    ]
  }

  private static let oneCore = [
    ratio(50, RivalScenario.pings, name: "ping_cpu_seconds", atMost: 1.0 / 5),
    ResultsGoal(title: "a whole node's pings over a bare loop's", part: "ceiling", bound: "≥ 0.5") { figures in
      figures.report("ceiling")?.metrics["node_over_bare"]?.p50.map { (Text.ratio($0), $0 >= 0.5) }
    },
  ]

  private static let messages = MessageGoal.all.map { goal in
    ResultsGoal(title: goal.title, part: "message", bound: goal.boundText) { figures in
      figures.report("message").flatMap { goal.judge($0) }
    }
  }

  private static func figure(
    _ title: String, _ part: String, _ metric: Metric,
    _ figure: Statistics.Figure, atMost bound: Double
  ) -> ResultsGoal {
    ResultsGoal(title: title, part: part, bound: "≤ \(Text.perSecond(bound, of: metric))") { figures in
      guard let values = figures.report(part)?.metrics[metric.rawValue] else { return nil }
      let value = values[figure]
      return (Text.perSecond(value, of: metric), value.map { $0 <= bound } ?? false)
    }
  }

  private static func ratio(
    _ nodes: Int, _ scenario: String, _ metric: Metric, atMost bound: Double
  ) -> ResultsGoal { ratio(nodes, scenario, name: metric.rawValue, atMost: bound) }

  private static func ratio(
    _ nodes: Int, _ scenario: String, name: String, atMost bound: Double
  ) -> ResultsGoal {
    let part = ResultsPlan.rival(nodes, scenario)
    let measures = RivalScenario.memberlist.first { $0.name == scenario }?.measures ?? []
    let title = measures.first { $0.name == name }?.title ?? name
    return ResultsGoal(
      title: rowTitle(nodes, scenario, title), part: part, bound: "≤ \(Text.ratio(bound)) of memberlist's"
    ) { figures in
      guard let row = figures.comparison(part)?.rows.first(where: { $0.name == name }) else { return nil }
      guard let ratio = row.ratio.median else { return ("no ratio", false) }
      return ("\(Text.ratio(ratio)) of memberlist's", ratio <= bound)
    }
  }
}

extension ResultsGoal {
  /// `100 beside memberlist, steady: bytes per node and second`. A title that goes on from the one before stands by itself here.
  static func rowTitle(_ nodes: Int, _ scenario: String, _ title: String) -> String {
    "\(nodes) beside memberlist, \(scenario): \(title.hasPrefix("… ") ? String(title.dropFirst(2)) : title)"
  }
}

/// Outcomes by their parts' names.
struct ResultsFigures: Sendable {
  let outcomes: [String: PartOutcome]

  func report(_ part: String) -> ReportDocument? { outcomes[part]?.report }
  func comparison(_ part: String) -> RivalComparison? { outcomes[part]?.comparison }
}
