/// A line of a chart in one line of text, by eight heights of blocks.
package struct Sparkline: Sendable {
  private let series: Series
  private let x: Axis
  private let y: Axis
  private let title: String

  private static let width = 60
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The first run of a chart; nil when it has no lines.
  package init?(of chart: Chart) {
    guard case .lines(let chart) = chart, let first = chart.series.first, !first.points.isEmpty else { return nil }
    series = first
    x = chart.x
    y = chart.y
    title = chart.title
  }

  /// `Different views at each instant: ▁▂█▁ (0 … 57; time 0 … 3.2 s)`.
  package var text: String {
    let bars = (0..<Self.width).map { column -> Character in
      let height = y.position(value(at: (Double(column) + 0.5) / Double(Self.width)))
      return Self.blocks[min(Self.blocks.count - 1, max(0, Int(height * Double(Self.blocks.count))))]
    }
    return "\(title)\n  \(String(bars))\n  \(ends(of: y)); from left to right \(ends(of: x))"
  }

  private func ends(of axis: Axis) -> String {
    "\(axis.title) \(Self.short(axis.range.lowerBound)) … \(Self.short(axis.range.upperBound)) \(axis.unit)"
  }

  private static func short(_ value: Double) -> String {
    let scale = Axis.power(of: 2 - Int(Axis.log10(max(1e-9, abs(value))).rounded(.down)))
    return Text.grouped((value * scale).rounded() / scale)
  }

  /// The last value at or before a place of the axis, 0 to 1; nothing was there before the first one.
  private func value(at place: Double) -> Double {
    let reached = series.points.prefix { x.position($0.x) <= place }
    return reached.last?.y ?? y.range.lowerBound
  }
}
