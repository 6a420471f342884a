import Foundation
import ShoalCore

/// Messages between real nodes and by plain SwiftNIO, in turns: what `message` does, for whoever else wants it.
package struct MessageRun: Sendable {
  private(set) var figures: [MessageFigure] = []
  private let stall: StalledReader
  private let rounds: Int
  private let seconds: Double
  private var othersShare: Double?

  package static let usualSeconds = 1.0

  /// - Parameters:
  ///   - rounds: how often both are measured, who begins changing with each.
  ///   - seconds: for how long each figure is taken.
  ///   - label: for the progress line.
  package init(rounds: Int, seconds: Double = usualSeconds, label: String = "") throws(StepFailure) {
    self.rounds = rounds
    self.seconds = seconds
    let load = MachineLoad()
    var line = ProgressLine(sparseInterval: .seconds(10))
    do {
      // First, while nothing has taken memory that it could use again.
      stall = try Self.stall()
      let stage = try Stage()
      defer { stage.end() }
      for experiment in MessageExperiment.all {
        var measured = experiment.figures
        for round in 0..<rounds {
          line.show("\(label)\(experiment.title), round \(round + 1) of \(rounds)")
          let (shoal, plain) = try stage.play(experiment, round: round, seconds: seconds)
          for index in measured.indices { measured[index].add(shoal: shoal[index], plain: plain[index]) }
        }
        figures += measured
      }
    } catch {
      Terminal.endProgress()
      throw error as? StepFailure ?? StepFailure(sentence: "\(error)")
    }
    Terminal.endProgress()
    othersShare = load.othersShare(own: .current)
  }

  private static func stall() throws -> StalledReader {
    let nodes = try MessageNodes(2)
    defer { nodes.end() }
    return try StalledReader(nodes)
  }

  /// All nodes that the experiments need, for as long as they take.
  private final class Stage {
    private let pair: MessageNodes
    private var clusters: [Int: MessageNodes] = [:]
    private let exchange = PlainExchange()

    init() throws {
      pair = try MessageNodes(2)
      for peers in MessageExperiment.broadcastPeers { clusters[peers] = try MessageNodes(peers + 1) }
    }

    func end() {
      pair.end()
      for cluster in clusters.values { cluster.end() }
      exchange.end()
    }

    func play(
      _ experiment: MessageExperiment, round: Int, seconds: Double
    ) throws -> (shoal: [Double], plain: [Double]) {
      var nodes = pair
      if case .broadcast(let peers) = experiment, let cluster = clusters[peers] { nodes = cluster }
      if round.isMultiple(of: 2) {
        let shoal = try experiment.shoal(nodes, seconds: seconds)
        return (shoal, try experiment.plain(exchange, seconds: seconds))
      }
      let plain = try experiment.plain(exchange, seconds: seconds)
      return (try experiment.shoal(nodes, seconds: seconds), plain)
    }
  }

  // MARK: Telling

  /// A head, and a row for each figure.
  var rows: [[String]] { [MessageFigure.header] + figures.map(\.row) }

  /// A head, and a row for each bound.
  package var goals: [[String]] { [MessageGoal.header] + MessageGoal.rows(of: document) }

  /// What stands under the tables.
  var remarks: [String] {
    var remarks = [
      "Both ends are in this process, each on an event loop thread of its own; Shoal's messages also pass through tasks.",
      "A stalled reader's sender was offered \(Text.figure(stall.offered, unit: "B")); the process grew by "
        + "\(Text.figure(max(0, stall.residentGrowth), unit: "B")), both nodes together.",
    ]
    if let othersShare, othersShare > MachineLoad.busyShare {
      let percent = Text.plain((othersShare * 100).rounded())
      remarks.append("NOTE: other programs took \(percent) % of the CPU time: do not trust the times.")
    }
    return remarks
  }

  var text: String {
    ([Table(rows: rows).text, "", Table(rows: goals).text, ""] + remarks.map { "  \($0)" }).joined(separator: "\n")
  }

  /// How long Shoal takes for the same, on a scale around one.
  private var chart: RatioChart {
    let rows = figures.compactMap { figure -> RatioChart.Row? in
      let slowdowns = figure.slowdowns
      guard let least = slowdowns.min(), let most = slowdowns.max(),
        let median = Statistics(of: slowdowns, missing: 0).p50
      else { return nil }
      // A row that goes on from the one before stands by itself here.
      return RatioChart.Row(label: figure.name, median: median, range: least...most)
    }
    return RatioChart(
      title: "Time that Shoal takes, over plain SwiftNIO's",
      note: "Medians over the rounds, with the least and the greatest ratio; left of 1 Shoal takes less",
      axisTitle: "Shoal / plain NIO", rows: rows)
  }

  package var svg: String { chart.svg.text + "\n" }

  func sections(command: String) -> [Page.Section] {
    [.command(command), .picture(chart.svg), .table(rows), .table(goals)] + remarks.map { .paragraph($0) }
  }

  package func html(command: String) -> String {
    var page = Page(title: "Messages, Shoal beside plain SwiftNIO")
    page.sections =
      sections(command: command) + [.paragraph("Shoal \(ShoalVersion.current) on \(MachineText.current).")]
    return page.text
  }

  package var document: ReportDocument {
    var metrics: [String: ReportDocument.Figures] = figures.reduce(into: [:]) {
      $0.merge($1.metrics) { first, _ in first }
    }
    func add(_ name: String, _ value: Double?, unit: String) {
      guard let value else { return }
      metrics[name] = ReportDocument.Figures(Statistics(of: [value], missing: 0), unit: unit)
    }
    add("stalled_offered_bytes", stall.offered, unit: "B")
    add("stalled_sender_bytes", stall.senderWaiting, unit: "B")
    add("stalled_receiver_bytes", stall.receiverHeld, unit: "B")
    add("stalled_resident_growth_bytes", stall.residentGrowth, unit: "B")
    add(Metric.othersCPUShare.rawValue, othersShare, unit: Metric.othersCPUShare.unit)
    return ReportDocument(
      scenario: "message", transport: "loopback", nodes: 2, seed: 0, runs: rounds, preset: "lan",
      options: ["duration": .number(seconds)], metrics: metrics)
  }
}
