/// A metric over all its samples. What did not happen counts as later than everything that did, so that a figure is nil exactly
/// when it would have to be made up.
package struct Statistics: Sendable, Equatable {
  /// How many values there are, without what did not happen.
  package let n: Int
  /// How often what was waited for did not happen.
  package let missing: Int
  package let p50: Double?
  package let p99: Double?
  package let max: Double?
  package let mean: Double?

  /// Percentiles by nearest rank: the smallest value that at least so many percent of all samples do not exceed.
  package init(of values: [Double], missing: Int) {
    let sorted = values.sorted()
    n = sorted.count
    self.missing = missing
    let total = n + missing
    func value(percent: Int) -> Double? {
      let rank = (percent * total + 99) / 100
      return rank >= 1 && rank <= sorted.count ? sorted[rank - 1] : nil
    }
    p50 = value(percent: 50)
    p99 = value(percent: 99)
    max = value(percent: 100)
    mean = missing == 0 && n > 0 ? sorted.reduce(0, +) / Double(n) : nil
  }

  package subscript(_ figure: Figure) -> Double? {
    switch figure {
    case .p50: p50
    case .p99: p99
    case .max: max
    case .mean: mean
    }
  }

  /// What can be asked of a metric.
  package enum Figure: String, CaseIterable, Sendable {
    case p50, p99, max, mean
  }
}
