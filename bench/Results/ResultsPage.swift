/// Tables of everything that was measured, in Markdown, and where Shoal is not ahead.
package struct ResultsPage: Sendable {
  private let parts: [Part]
  private let figures: ResultsFigures

  /// - Parameter outcomes: of the parts that were measured.
  package init(parts: [Part], outcomes: [PartOutcome]) {
    self.parts = parts
    figures = ResultsFigures(outcomes: Dictionary(outcomes.map { ($0.name, $0) }, uniquingKeysWith: { $1 }))
  }

  package var markdown: String {
    var text = "# Results\n\n\(introduction)\n"
    for (title, body) in [
      ("Where Shoal is not ahead, or a goal is missed", weakSide), ("The goals", goals),
      ("Nodes join through one seed, on real sockets", joins), ("At rest, on real sockets", rest),
      ("Beside memberlist", rivals), ("The simulator beside real sockets", crashes),
      ("One core", oneCore), ("Messages beside plain SwiftNIO", messages), ("How it was measured", provenance),
    ] where !body.isEmpty {
      text += "\n## \(title)\n\n\(body)"
    }
    return text
  }

  private var measured: [PartOutcome] { parts.compactMap { figures.outcomes[$0.name] } }

  private var introduction: String {
    func all(_ value: KeyPath<PartOutcome, String?>) -> String {
      var seen: [String] = []
      for text in measured.compactMap({ $0[keyPath: value] }) where !seen.contains(text) { seen.append(text) }
      return seen.joined(separator: "; ")
    }
    let dates = measured.map(\.date).sorted()
    let time =
      dates.first.map { first in first == dates.last ? first : "\(first) to \(dates.last ?? first)" } ?? "never"
    return """
      Shoal \(all(\.version)) on \(all(\.machine)), \(time). `make bench-full` measures all of it and writes this page;
      `shoal-bench results --only PART` measures one part again. Medians unless said otherwise. Real nodes are sealed, on UDP and TCP
      sockets of 127.0.0.1, and share this machine's cores; bytes include IP and transport headers.
      """
  }

  // MARK: The weak side

  private var weakSide: String {
    var rows: [[String]] = []
    for goal in ResultsGoal.all {
      guard let (reached, isMet) = goal.judge(figures) else { continue }
      if !isMet { rows.append([goal.title, reached, "goal: \(goal.bound)"]) }
    }
    for outcome in measured {
      for row in outcome.comparison?.rows ?? [] where !(row.ratio.median.map { $0 < 1 } ?? (row.shoal.median != nil)) {
        let ratio = row.ratio.median.map { "\(Text.ratio($0)) of memberlist's" } ?? "Shoal has no figure"
        rows.append([ResultsGoal.rowTitle(outcome.comparison?.nodes ?? 0, row.scenario, row.title), ratio, "not ahead"])
      }
      if outcome.report?.valid == false { rows.append([outcome.name, "the machine was too busy", "not valid"]) }
      if let share = outcome.othersShare, share > MachineLoad.busyShare {
        rows.append([outcome.name, "others took \(Self.percent(share)) of the CPU time", "do not trust its times"])
      }
    }
    for row in agreement where row.isWithin == false {
      rows.append(["\(row.what): \(row.figure)", "\(row.difference) from what was simulated", "goal: within 20 %"])
    }
    let missing = parts.map(\.name).filter { figures.outcomes[$0] == nil }
    let (beyond, left) = (missing.filter(beyondRival.contains), missing.filter { !beyondRival.contains($0) })
    var text =
      rows.isEmpty ? "Nothing that was measured.\n" : MarkdownTable.text(header: ["", "reached", ""], rows: rows)
    if !left.isEmpty { text += "\nNot measured: \(left.joined(separator: ", ")).\n" }
    if !beyond.isEmpty {
      text += "\nLeft out, for memberlist never had one view at that size: \(beyond.joined(separator: ", ")).\n"
    }
    return text
  }

  /// The parts at a size at which memberlist's nodes did not come together: it has no cluster there to compare with.
  private var beyondRival: Set<String> {
    let sizes = ResultsPlan.rivalSizes.filter { nodes in
      let rows = figures.comparison(ResultsPlan.rival(nodes, "converge"))?.rows
      guard let joined = rows?.first(where: { $0.name == Metric.timeToOneView.rawValue }) else { return false }
      return joined.rival.median == nil && joined.shoal.median != nil
    }
    return Set(sizes.flatMap { nodes in RivalScenario.memberlist.map { ResultsPlan.rival(nodes, $0.name) } })
  }

  private var goals: String {
    MarkdownTable.text(
      header: ["", "reached", "goal", ""],
      rows: ResultsGoal.all.map { goal in
        guard let (reached, isMet) = goal.judge(figures) else { return [goal.title, "not measured", goal.bound, ""] }
        return [goal.title, reached, goal.bound, isMet ? "met" : "**missed**"]
      })
  }

  // MARK: Tables

  private var joins: String {
    let reports = ResultsPlan.joinSizes.compactMap { figures.report(ResultsPlan.join($0)) }
    return table(
      reports, lead: [("N", { "\($0.nodes)" }), ("runs", { "\($0.runs)" })],
      columns: [
        ("one view", .timeToOneView, .p50), ("worst run", .timeToOneView, .max),
        ("CPU time, all nodes", .cpuSeconds, .p50),
        ("seed sends", .seedBytes, .p50), ("all send", .totalBytes, .p50),
        ("memory per node", .rssBytesPerNode, .p50),
        ("allocations", .allocations, .p50), ("periods excused, at most", .guardedShare, .max),
        ("others' CPU, at most", .othersCPUShare, .max),
      ])
  }

  private var rest: String {
    table(
      [ResultsPlan.restName].compactMap { figures.report($0) },
      lead: [("N", { "\($0.nodes)" }), ("runs", { "\($0.runs)" })],
      columns: [
        ("packets sent per node and second", .packetsPerNodeSecond, .mean), ("bytes", .bytesPerNodeSecond, .mean),
        ("busiest node's bytes", .bytesPerNodeSecond, .max), ("CPU time", .cpuSecondsPerNodeSecond, .p50),
        ("allocations", .allocationsPerNodeSecond, .p50), ("memory per node", .rssBytesPerNode, .p50),
        ("periods excused, at most", .guardedShare, .max), ("others' CPU, at most", .othersCPUShare, .max),
      ])
  }

  private typealias Column = (title: String, metric: Metric, figure: Statistics.Figure)

  private func table(
    _ reports: [ReportDocument], lead: [(title: String, text: (ReportDocument) -> String)], columns: [Column]
  ) -> String {
    guard !reports.isEmpty else { return "" }
    return MarkdownTable.text(
      header: lead.map(\.title) + columns.map(\.title),
      rows: reports.map { report in
        lead.map { $0.text(report) }
          + columns.map { column in
            let value = report.metrics[column.metric.rawValue]?[column.figure]
            let isShare = column.metric == .guardedShare || column.metric == .othersCPUShare
            return isShare ? value.map(Self.percent) ?? "-" : Text.perSecond(value, of: column.metric)
          }
      })
  }

  private var rivals: String {
    let sizes = ResultsPlan.rivalSizes.compactMap { nodes -> String? in
      let comparisons = RivalScenario.memberlist.compactMap { figures.comparison(ResultsPlan.rival(nodes, $0.name)) }
      guard let first = comparisons.first else { return nil }
      let rows = comparisons.flatMap { $0.table.dropFirst() }
      let remarks = comparisons.flatMap(\.remarks).map { "- \($0)\n" }.joined()
      return "### N = \(nodes)\n\n\(MarkdownTable.text(header: first.table[0], rows: rows))"
        + "\nShoal \(first.shoalVersion), \(first.rivalVersion).\n" + (remarks.isEmpty ? "" : "\n\(remarks)")
    }
    guard !sizes.isEmpty else { return "" }
    let note = """
      Both sealed, both with their LAN defaults, in turns on this machine; ratios are taken pair by pair, and below 1 Shoal takes less.
      memberlist's memory is what its nodes add to a process without any. Shoal's nodes share one event loop among up to 128 of them,
      memberlist's the threads of Go's scheduler.


      """
    return note + sizes.joined(separator: "\n")
  }

  private struct Agreement {
    let what: String
    let figure: String
    let real: Double?
    let simulated: Double?
    let isWithin: Bool?
    let runs: String

    static let tolerance = 0.2

    var difference: String {
      guard let real, let simulated, simulated != 0 else { return "-" }
      let percent = ((real / simulated - 1) * 100).rounded()
      return percent > 0 ? "+\(Text.plain(percent)) %" : "\(Text.plain(percent)) %"
    }
  }

  private var agreement: [Agreement] {
    ResultsPlan.crashSizes.flatMap { nodes in
      ResultsPlan.crashes.flatMap { crash -> [Agreement] in
        guard let real = figures.report(ResultsPlan.crash(nodes, crash, on: .loopback)),
          let simulated = figures.report(ResultsPlan.crash(nodes, crash, on: .simulated))
        else { return [] }
        return [Metric.firstSuspect, .firstDead, .deadEverywhere].map { metric in
          let pair = (real.metrics[metric.rawValue]?.p50, simulated.metrics[metric.rawValue]?.p50)
          var isWithin: Bool?
          if let left = pair.0, let right = pair.1, right != 0 {
            isWithin = abs(left / right - 1) <= Agreement.tolerance
          }
          return Agreement(
            what: "N = \(nodes), \(crash.rawValue)", figure: metric.rawValue, real: pair.0, simulated: pair.1,
            isWithin: isWithin, runs: "\(real.runs) / \(simulated.runs)")
        }
      }
    }
  }

  private var crashes: String {
    guard !agreement.isEmpty else { return "" }
    return MarkdownTable.text(
      header: [
        "crash", "figure, p50", "real sockets", "simulated", "difference", "within 20 %", "runs, real / simulated",
      ],
      rows: agreement.map { row in
        [
          row.what, row.figure, Text.figure(row.real, unit: "s"), Text.figure(row.simulated, unit: "s"), row.difference,
          row.isWithin.map { $0 ? "yes" : "**no**" } ?? "-", row.runs,
        ]
      })
  }

  private var oneCore: String {
    var text = ""
    if let ceiling = figures.report("ceiling") {
      let rows = [
        ("a whole node: pings answered per second", "node_pings_per_cpu_second"),
        ("a bare loop that receives, opens, seals, sends", "bare_pings_per_cpu_second"),
        ("node / bare loop", "node_over_bare"),
      ].compactMap { title, name in
        ceiling.metrics[name].map { [title, Text.ceiling($0.p50, unit: $0.unit), "\($0.n)"] }
      }
      text += MarkdownTable.text(header: ["", "median", "rounds"], rows: rows)
    }
    if let micro = figures.report("micro") {
      let rows = MicroOperation.all.map(\.name).filter { micro.metrics["\($0)_time"] != nil }.map { name in
        func value(_ suffix: String) -> Double? { micro.metrics["\(name)_\(suffix)"]?.p50 }
        return [
          name, Text.figure(value("best_time"), unit: "s"), Text.figure(value("time"), unit: "s"),
          Text.figure(value("allocations"), unit: "1"),
          value("instructions").map { Text.grouped($0.rounded()) } ?? "-",
        ]
      }
      text +=
        "\n" + MarkdownTable.text(header: ["operation", "best", "median", "allocations", "instructions"], rows: rows)
    }
    return text
  }

  private var messages: String {
    guard let report = figures.report("message") else { return "" }
    func cell(_ name: String) -> String {
      report.metrics[name].map { Text.message($0.p50, unit: $0.unit) } ?? "-"
    }
    let rows = MessageExperiment.all.flatMap(\.figures).map { figure in
      [figure.title, cell(figure.name), cell("plain_\(figure.name)"), cell("\(figure.name)_over_plain")]
    }
    return MarkdownTable.text(header: ["", "Shoal", "plain NIO", "Shoal / plain NIO"], rows: rows)
  }

  private var provenance: String {
    guard !measured.isEmpty else { return "" }
    return MarkdownTable.text(
      header: ["part", "command", "measured", "took", "others' CPU", "machine"],
      rows: measured.map { outcome in
        [
          outcome.name, "`\(outcome.command)`", outcome.date, Text.roughly(.seconds(outcome.took)),
          outcome.othersShare.map(Self.percent) ?? "-", outcome.machine ?? "-",
        ]
      })
  }

  private static func percent(_ share: Double) -> String { "\(Text.plain((share * 1_000).rounded() / 10)) %" }
}
