/// One direction of a chart: what it shows, in which unit, and from where to where.
package struct Axis: Sendable {
  package enum Scale: Sendable { case linear, logarithmic }

  package let title: String
  /// As people write it: `s`, `packets/s`; empty for bare counts.
  package let unit: String
  package let scale: Scale
  /// What stands at the decades of a logarithmic axis.
  package let labels: Labels
  package let range: ClosedRange<Double>

  package enum Labels: Sendable {
    /// `10 ms`: on an axis of many decades bare seconds would be zeros only.
    case times
    /// `0.01`.
    case plain
  }

  package init(
    title: String, unit: String, scale: Scale = .linear, labels: Labels = .times, range: ClosedRange<Double>
  ) {
    self.title = title
    self.unit = unit
    self.scale = scale
    self.labels = labels
    // A range without width could show nothing.
    let upper = range.upperBound > range.lowerBound ? range.upperBound : range.lowerBound + 1
    self.range = range.lowerBound...upper
  }

  /// What stands beside the axis.
  package var label: String { unit.isEmpty ? title : "\(title), \(unit)" }

  /// Where a value lies on the axis: 0 at its beginning, 1 at its end.
  func position(_ value: Double) -> Double {
    switch scale {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .logarithmic:
      (Self.log10(max(value, range.lowerBound)) - Self.log10(range.lowerBound))
        / (Self.log10(range.upperBound) - Self.log10(range.lowerBound))
    }
  }

  /// Round values with their labels, about `count` of them.
  func ticks(about count: Int) -> [(value: Double, label: String)] {
    switch scale {
    case .linear:
      let step = Self.step(range.upperBound - range.lowerBound, about: count)
      let first = (range.lowerBound / step).rounded(.up)
      let last = (range.upperBound / step + 1e-9).rounded(.down)
      return stride(from: first, through: last, by: 1).map { ($0 * step, Self.text($0 * step, step: step)) }
    case .logarithmic:
      let first = Int(Self.log10(range.lowerBound).rounded(.up))
      let last = Int((Self.log10(range.upperBound) + 1e-9).rounded(.down))
      guard first <= last else { return [] }
      return (first...last).map { (Self.power(of: $0), decadeText($0)) }
    }
  }

  private func decadeText(_ exponent: Int) -> String {
    guard labels == .times else { return Text.grouped(Self.power(of: exponent)) }
    let units = [(-9, "ns"), (-6, "µs"), (-3, "ms"), (0, "s")]
    let unit = units.last { $0.0 <= exponent } ?? units[0]
    return "\(Text.plain(Self.power(of: exponent - unit.0))) \(unit.1)"
  }

  /// 1, 2 or 5 times a power of ten.
  private static func step(_ span: Double, about count: Int) -> Double {
    let rough = span / Double(max(1, count))
    let magnitude = power(of: Int(log10(rough).rounded(.down)))
    let factor = rough / magnitude
    return magnitude * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10)
  }

  private static func text(_ value: Double, step: Double) -> String {
    let digits = max(0, -Int(log10(step).rounded(.down)))
    let scale = power(of: digits)
    return Text.grouped((value * scale).rounded() / scale)
  }
}
