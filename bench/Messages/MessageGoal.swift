import ShoalCore

/// A bound on one figure of `message`.
struct MessageGoal: Sendable {
  let title: String
  /// The metric whose median counts.
  let metric: String
  let unit: String
  let comparison: Expectation.Comparison
  let bound: Double

  static let all: [MessageGoal] = {
    let limits = MessagingConfiguration()
    return [
      MessageGoal(
        title: "messages of 1 KiB", metric: "messages_per_second_1024", unit: "1/s", comparison: .atLeast, bound: 80_000
      ),
      MessageGoal(
        title: "messages of 1 KiB, of plain NIO's", metric: "messages_per_second_1024_over_plain", unit: "1",
        comparison: .atLeast, bound: 0.5),
      MessageGoal(
        title: "a single request, of plain NIO's", metric: "request_p50_1_over_plain", unit: "1", comparison: .atMost,
        bound: 2),
      MessageGoal(
        title: "a stalled reader: waits at the sender", metric: "stalled_sender_bytes", unit: "B", comparison: .atMost,
        bound: Double(limits.outboxLimit)),
      MessageGoal(
        title: "a stalled reader: held at the receiver", metric: "stalled_receiver_bytes", unit: "B",
        comparison: .atMost,
        bound: Double(limits.receiveLimit)),
    ]
  }()

  /// `≥ 80,000/s`.
  var boundText: String { "\(comparison == .atLeast ? "≥" : "≤") \(Text.message(bound, unit: unit))" }

  /// The figure as text, and whether the bound is kept; nil when it was not measured.
  func judge(_ report: ReportDocument) -> (reached: String, isMet: Bool)? {
    report.metrics[metric]?.p50.map { (Text.message($0, unit: unit), comparison.holds($0, bound)) }
  }

  static let header = ["goal", "reached", "bound", "verdict"]

  /// Of a report: a row for each goal that was measured.
  static func rows(of report: ReportDocument) -> [[String]] {
    all.compactMap { goal in
      goal.judge(report).map { [goal.title, $0.reached, goal.boundText, $0.isMet ? "met" : "missed"] }
    }
  }
}
