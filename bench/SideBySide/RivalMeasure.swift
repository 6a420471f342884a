/// One figure in which Shoal and a rival are put beside each other, and where each of the two reports has it.
package struct RivalMeasure: Sendable {
  /// As in JSON.
  package let name: String
  /// For a person.
  package let title: String
  package let unit: String
  let shoal: @Sendable (ReportDocument) -> Double?
  let rival: @Sendable (ReportDocument) -> Double?

  init(
    _ name: String, _ title: String, unit: String, shoal: @escaping @Sendable (ReportDocument) -> Double?,
    rival: @escaping @Sendable (ReportDocument) -> Double?
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.shoal = shoal
    self.rival = rival
  }

  /// A metric that both call by one name: the median of its values.
  init(_ metric: Metric, _ title: String) { self.init(metric, title, rivalName: metric.rawValue) }

  init(_ metric: Metric, _ title: String, rivalName: String) {
    self.init(
      metric.rawValue, title, unit: metric.unit, shoal: { $0.metrics[metric.rawValue]?.p50 },
      rival: { $0.metrics[rivalName]?.p50 })
  }

  /// The same, where each node has a value: their mean.
  init(meanOf metric: Metric, _ title: String) {
    let mean: @Sendable (ReportDocument) -> Double? = { $0.metrics[metric.rawValue]?.mean }
    self.init(metric.rawValue, title, unit: metric.unit, shoal: mean, rival: mean)
  }
}

/// One scenario that both play in the same way, and what is read off their reports.
package struct RivalScenario: Sendable {
  /// What a person chooses it by.
  package let name: String
  /// What each program is told after its name.
  let shoal: @Sendable (_ nodes: Int, _ seed: UInt64) -> [String]
  let rival: @Sendable (_ nodes: Int, _ seed: UInt64) -> [String]
  package let measures: [RivalMeasure]

  /// One that both are told in the same words.
  init(name: String, arguments: @escaping @Sendable (_ nodes: Int) -> [String], measures: [RivalMeasure]) {
    let words: @Sendable (Int, UInt64) -> [String] = { nodes, seed in
      arguments(nodes) + ["--nodes", "\(nodes)", "--seed", "\(seed)", "--runs", "1"]
    }
    self.init(name: name, shoal: { words($0, $1) + ["--transport", "loopback"] }, rival: words, measures: measures)
  }

  init(
    name: String, shoal: @escaping @Sendable (Int, UInt64) -> [String],
    rival: @escaping @Sendable (Int, UInt64) -> [String], measures: [RivalMeasure]
  ) {
    self.name = name
    self.shoal = shoal
    self.rival = rival
    self.measures = measures
  }

  /// Beside HashiCorp's memberlist.
  package static let memberlist: [RivalScenario] = [
    RivalScenario(
      name: "converge", arguments: { _ in ["converge"] },
      measures: [
        RivalMeasure(.timeToOneView, "all join through one seed: time to one view"),
        RivalMeasure(.cpuSeconds, "… CPU time until then, all nodes"),
        RivalMeasure(.totalBytes, "… bytes until then, all nodes"),
      ]),
    RivalScenario(
      name: "steady", arguments: { ["steady", "--duration", "\(syncInterval(nodes: $0))"] },
      measures: [
        RivalMeasure(.cpuSecondsPerNodeSecond, "at rest: CPU time per node and second"),
        RivalMeasure(meanOf: .packetsPerNodeSecond, "… packets per node and second"),
        RivalMeasure(meanOf: .bytesPerNodeSecond, "… bytes per node and second"),
        RivalMeasure(
          Metric.rssBytesPerNode.rawValue, "… resident memory per node", unit: "B",
          shoal: { $0.metrics[Metric.rssBytesPerNode.rawValue]?.p50 }, rival: memoryOfNodes),
      ]),
    RivalScenario(
      name: "crash-mute", arguments: { _ in ["detect", "--crash", "mute"] },
      measures: [RivalMeasure(.deadEverywhere, "a machine falls silent: dead everywhere")]),
    RivalScenario(
      name: "crash-killed", arguments: { _ in ["detect", "--crash", "killed"] },
      measures: [RivalMeasure(.deadEverywhere, "a process is killed: dead everywhere")]),
    RivalScenario(
      name: "leave", arguments: { _ in ["leave"] },
      measures: [RivalMeasure(.leftEverywhere, "a member leaves: known everywhere", rivalName: "gone_everywhere")]),
    RivalScenario(
      name: "disseminate", arguments: { _ in ["disseminate"] },
      measures: [RivalMeasure(.t100, "one update: known everywhere")]),
    RivalScenario(
      name: pings, shoal: { _, _ in ["ceiling", "--rounds", "1"] },
      rival: { _, seed in ["ping", "--seed", "\(seed)"] },
      measures: [
        RivalMeasure(
          "ping_cpu_seconds", "a sealed ping and its ack between two: CPU time of both", unit: "s",
          shoal: { $0.metrics["node_pings_per_cpu_second"]?.p50.map { partiesOfPing / $0 } },
          rival: { $0.metrics["ping_exchanges_per_cpu_second_large_heap"]?.p50.map { 1 / $0 } })
      ]),
  ]

  /// The scenario that has two nodes whatever is asked for.
  package static let pings = "pings"

  /// Shoal is measured at whoever answers; whoever asks receives, opens, seals and sends as often. memberlist is measured at both, and
  /// beside a heap as large as an agent's, where it does better.
  private static let partiesOfPing = 2.0

  /// memberlist reports its whole process; Shoal what the nodes have added to theirs.
  private static let memoryOfNodes: @Sendable (ReportDocument) -> Double? = { document in
    guard let whole = document.metrics[Metric.rssBytesPerNode.rawValue]?.p50,
      let baseline = document.metrics["rss_baseline_bytes"]?.p50
    else { return nil }
    return whole - baseline / Double(max(1, document.nodes))
  }

  /// Seconds between two of memberlist's full-state syncs: 30 up to 32 nodes, and as much again with each doubling. In such a
  /// time each node makes one, so that a shorter one would miss some of its traffic.
  package static func syncInterval(nodes: Int) -> Int {
    var interval = 30
    var covered = 32
    while covered < nodes {
      interval += 30
      covered *= 2
    }
    return interval
  }
}
