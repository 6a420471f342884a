import ShoalCore

/// What can be drawn of a scenario's recordings, by what it shows.
package enum ChartKind: Sendable, CaseIterable {
  /// The share of nodes that know an update, over time.
  case informed
  /// What each node made of a crashed member.
  case timeline
  /// The share of nodes that hold a crashed member dead, over time.
  case verdicts
  /// The share of nodes that have a member's new metadata, over time.
  case metadata
  /// How many different views there are, over time.
  case views
  case packets
  case bytes

  /// More lines than this are a surface.
  private static let lineLimit = 40
  /// More windows of traffic than this are put together.
  private static let windowLimit = 300

  /// The picture; nil when nothing of the kind was recorded.
  ///
  /// - Parameter recordings: one for each run, in the order of their seeds.
  package func chart(of recordings: [Recording], plan: BenchPlan) -> Chart? {
    switch self {
    case .informed: Self.informed(recordings, plan)
    case .timeline: Self.timeline(recordings, plan)
    case .verdicts:
      Self.shares(
        recordings, "Share of nodes that hold the crashed member dead", since: "the crash", of: "the nodes left",
        "crash", "es")
    case .metadata:
      Self.shares(
        recordings, "Share of nodes that have the new metadata", since: "it was set", of: "the other nodes", "version")
    case .views: Self.views(recordings, plan)
    case .packets: Self.traffic(recordings, plan, of: \.packets, "Datagrams that a node sends", unit: "packets/s")
    case .bytes: Self.traffic(recordings, plan, of: \.bytes, "Bytes that a node sends", unit: "B/s")
    }
  }

  private static func informed(_ recordings: [Recording], _ plan: BenchPlan) -> Chart? {
    let curves = recordings.flatMap(\.curves).filter { !$0.learnedAfter.isEmpty }
    guard !curves.isEmpty else { return nil }
    let period = plan.configuration.detection.probeInterval / .seconds(1)
    let least = curves.compactMap { $0.learnedAfter.first }.min() ?? 0.001
    let start = Axis.power(of: Int(Axis.log10(max(1e-6, least)).rounded(.down)))
    let theoryEnd = theoryEnd(nodes: plan.nodes) * period
    let last = max(theoryEnd, curves.compactMap { $0.learnedAfter.last }.max() ?? 0)
    let axis = Axis(
      title: "time since publication", unit: "s, logarithmic", scale: .logarithmic, range: start...last * 1.2)
    let theory = stride(from: 0.0, through: 1, by: 1.0 / 300).map { position in
      let time = start * Axis.power(position * Axis.log10(last / start))
      return Series.Point(time, EpidemicCurve.share(afterRounds: time / period, nodes: plan.nodes))
    }
    let series =
      curves.prefix(lineLimit).map { Series(label: "measured", isStepped: true, points: $0.shares) } + [
        Series(label: "random gossip in theory", style: .theory, points: theory)
      ]
    return .lines(
      LineChart(
        title: "Share of nodes that know the update",
        note: count(of: curves.count, "update") + "; in theory every node tells a random one every "
          + "\(Text.plain(period)) s (the probe interval) and is told by one: 1 / (1 + (N − 1)·e^(−(2 − 1/N)·t))",
        x: axis, y: Axis(title: "share of the other nodes", unit: "0 to 1", range: 0...1), series: series))
  }

  /// In rounds: when nine in a thousand of one node are missing.
  private static func theoryEnd(nodes: Int) -> Double {
    var rounds = 1.0
    while (1 - EpidemicCurve.share(afterRounds: rounds, nodes: nodes)) * Double(nodes) > 0.1 { rounds += 0.1 }
    return rounds
  }

  private static func timeline(_ recordings: [Recording], _ plan: BenchPlan) -> Chart? {
    guard let rows = recordings.first?.timeline, !rows.isEmpty else { return nil }
    return .timeline(
      TimelineChart(
        title: "What each node makes of the crashed member",
        note: rows.count > TimelineChart.rowLimit
          ? "Seed \(plan.seed); \(rows.count) nodes in \(TimelineChart.rowLimit) groups, each drawn by its medians"
          : "Seed \(plan.seed); \(rows.count) nodes",
        rows: rows))
  }

  private static func shares(
    _ recordings: [Recording], _ title: String, since start: String, of whole: String, _ noun: String,
    _ plural: String = "s"
  ) -> Chart? {
    let curves = recordings.flatMap(\.curves).filter { !$0.learnedAfter.isEmpty }
    guard let last = curves.compactMap({ $0.learnedAfter.last }).max() else { return nil }
    let series = curves.prefix(lineLimit).map { curve in
      Series(label: "measured", isStepped: true, points: [Series.Point(0, 0)] + curve.shares)
    }
    return .lines(
      LineChart(
        title: title, note: count(of: curves.count, noun, plural),
        x: Axis(title: "time since \(start)", unit: "s", range: 0...last * 1.06),
        y: Axis(title: "share of \(whole)", unit: "0 to 1", range: 0...1), series: series))
  }

  private static func views(_ recordings: [Recording], _ plan: BenchPlan) -> Chart? {
    let drawn = recordings.filter { !$0.distinctViews.isEmpty }
    guard !drawn.isEmpty else { return nil }
    let last = drawn.compactMap { $0.distinctViews.last?.x }.max() ?? 1
    let most = drawn.flatMap(\.distinctViews).map(\.y).max() ?? 1
    let series = drawn.prefix(lineLimit).map { Series(label: "measured", isStepped: true, points: $0.distinctViews) }
    return .lines(
      LineChart(
        title: "Different views at each instant",
        note: count(of: drawn.count, "run") + "; 1 means that all \(plan.nodes) nodes hold the same view",
        x: Axis(title: "time", unit: "s", range: 0...last),
        y: Axis(title: "different views", unit: "count", range: 0...most * 1.08), series: series,
        marks: drawn[0].marks))
  }

  private static func traffic(
    _ recordings: [Recording], _ plan: BenchPlan, of rate: KeyPath<TrafficPoint, TrafficPoint.Distribution>,
    _ title: String, unit: String
  ) -> Chart? {
    let drawn = recordings.map { TrafficPoint.merged($0.traffic, limit: windowLimit) }.filter { !$0.isEmpty }
    guard let first = drawn.first, let last = drawn.compactMap({ $0.last?.to }).max() else { return nil }
    func points(_ windows: [TrafficPoint], _ value: KeyPath<TrafficPoint.Distribution, Double>) -> [Series.Point] {
      windows.flatMap { window in
        let rate = window[keyPath: rate][keyPath: value]
        return [Series.Point(window.from, rate), Series.Point(window.to, rate)]
      }
    }
    let most = drawn.joined().map { max($0[keyPath: rate].mean, $0[keyPath: rate].high) }.max() ?? 1
    let series = drawn.prefix(lineLimit).map { Series(label: "mean over the nodes", points: points($0, \.mean)) }
    let band = Band(
      label: "9 nodes in 10, seed \(plan.seed)", lower: points(first, \.low), upper: points(first, \.high))
    return .lines(
      LineChart(
        title: title, note: count(of: drawn.count, "run") + "; sealed, IP and transport headers included",
        x: Axis(title: "time", unit: "s", range: 0...last),
        y: Axis(title: "per node", unit: unit, range: 0...most * 1.08), series: series, band: band,
        marks: recordings.first?.marks ?? []))
  }

  private static func count(of total: Int, _ noun: String, _ plural: String = "s") -> String {
    let text = "\(total) \(noun)\(total == 1 ? "" : plural)"
    return total > lineLimit ? "\(text), the first \(lineLimit) drawn" : text
  }
}
