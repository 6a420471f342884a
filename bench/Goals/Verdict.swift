/// What a goal came to: its figure beside the bound, and beside the same command with `--preset classic`.
struct Verdict: Sendable {
  let goal: Goal
  /// The command as it was run, to be pasted.
  let command: String
  let name: String
  let figure: FigureValue?
  let bound: FigureValue?
  let comparison: Expectation.Comparison?
  /// Nil where there is no bound.
  let isMet: Bool?
  let classic: FigureValue?
  /// Why there is no figure.
  let failure: String?

  /// `met`, `stated`, or `missed` by how much.
  var text: String {
    if failure != nil { return "failed" }
    guard let isMet, let bound else { return "stated" }
    if isMet { return "met" }
    guard let figure, let value = figure.value, let limit = bound.value else { return "missed: never" }
    let excess = value - limit
    let sign = excess < 0 ? "−" : "+"
    let distance = Text.figure(abs(excess), of: figure.metric, n: 1)
    return limit > 0 && value > limit
      ? "missed by \(distance) (\(Text.plain((value / limit * 10).rounded() / 10)) times)"
      : "missed by \(sign)\(distance)"
  }

  /// Why the goal is missed, or has no bound; nil where it is met, or nobody has said why.
  var reason: String? { isMet == true ? nil : goal.because }

  /// `≤ 2.700 s`; empty where there is no bound.
  var boundText: String {
    guard let bound, let comparison else { return "" }
    return "\(comparison.rawValue) \(bound.text)"
  }
}

/// A figure with the metric that it is of.
struct FigureValue: Sendable {
  let metric: Metric
  /// Nil for what did not happen.
  let value: Double?

  var text: String { Text.figure(value, of: metric, n: 1) }
}
