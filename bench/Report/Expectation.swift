/// A bound on one figure, such as `dead_everywhere.p50<=2.7`: metric, figure, comparison, and a number in the metric's unit.
package struct Expectation: Sendable, Equatable {
  package let metric: Metric
  package let figure: Statistics.Figure
  package let comparison: Comparison
  package let bound: Double

  package enum Comparison: String, Sendable, CaseIterable {
    // The longer ones first: `<` begins `<=` too.
    case atMost = "<="
    case atLeast = ">="
    case equal = "=="
    case below = "<"
    case above = ">"

    func holds(_ value: Double, _ bound: Double) -> Bool {
      switch self {
      case .atMost: value <= bound
      case .atLeast: value >= bound
      case .equal: value == bound
      case .below: value < bound
      case .above: value > bound
      }
    }
  }

  /// - Parameter metrics: that the scenario measures.
  package init(_ text: String, metrics: [Metric]) throws(ExpectationError) {
    guard let (comparison, operatorRange) = Self.findComparison(in: text) else {
      throw ExpectationError(text: text, flaw: "has no comparison", metrics: metrics)
    }
    let left = text[..<operatorRange.lowerBound].filter { $0 != " " }.split(
      separator: ".", omittingEmptySubsequences: false)
    guard left.count == 2, let figure = Statistics.Figure(rawValue: String(left[1])) else {
      throw ExpectationError(text: text, flaw: "names no figure (p50, p99, max or mean)", metrics: metrics)
    }
    guard let metric = Metric(rawValue: String(left[0])), metrics.contains(metric) else {
      throw ExpectationError(text: text, flaw: "names no metric of this scenario", metrics: metrics)
    }
    let number = text[operatorRange.upperBound...].filter { $0 != " " }
    guard let bound = Double(number), bound.isFinite else {
      throw ExpectationError(text: text, flaw: "has no number as its bound", metrics: metrics)
    }
    self.metric = metric
    self.figure = figure
    self.comparison = comparison
    self.bound = bound
  }

  package func isMet(by statistics: Statistics) -> Bool { statistics[figure].map(isMet(by:)) ?? false }

  func isMet(by value: Double) -> Bool { comparison.holds(value, bound) }

  package var name: String { "\(metric.rawValue).\(figure.rawValue)" }

  private static func findComparison(in text: String) -> (Comparison, Range<String.Index>)? {
    guard let start = text.firstIndex(where: { "<>=".contains($0) }) else { return nil }
    for comparison in Comparison.allCases where text[start...].hasPrefix(comparison.rawValue) {
      return (comparison, start..<text.index(start, offsetBy: comparison.rawValue.count))
    }
    return nil
  }
}

/// An `--expect` that cannot be read.
package struct ExpectationError: Error, CustomStringConvertible {
  let text: String
  let flaw: String
  let metrics: [Metric]

  package var description: String {
    """
    --expect '\(text)' \(flaw). It should look like '\(metrics.first?.rawValue ?? "metric").p50<=1.5', with <=, <, >=, > or ==.
    Metrics here: \(metrics.map(\.rawValue).joined(separator: " "))
    """
  }
}
