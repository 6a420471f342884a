/// Ratios around one, one row each, on a logarithmic scale: halves and doubles look alike.
package struct RatioChart: Sendable {
  package struct Row: Sendable {
    package let label: String
    package let median: Double
    /// From the least to the greatest.
    package let range: ClosedRange<Double>
  }

  package let title: String
  package let note: String
  package let axisTitle: String
  package let rows: [Row]

  private static let rowHeight = 26.0

  var svg: Markup {
    // Letters of this size are at most so wide.
    let labels = 7.2 * Double(rows.map(\.label.count).max() ?? 0)
    let frame = PictureFrame(left: max(120, labels + 30), fieldHeight: max(1, Double(rows.count)) * Self.rowHeight)
    let values = rows.flatMap { [$0.range.lowerBound, $0.range.upperBound] }.filter { $0 > 0 }
    let low = Axis.power(of: Int(Axis.log10(min(0.5, values.min() ?? 1)).rounded(.down)))
    let high = Axis.power(of: Int(Axis.log10(max(2, values.max() ?? 1)).rounded(.up)))
    let x = Axis(title: axisTitle, unit: "ratio", scale: .logarithmic, labels: .plain, range: low...high)
    return frame.picture(title: title, note: note) { svg in
      frame.drawHorizontal(x, into: &svg)
      let one = frame.x(1, on: x)
      frame.line(one, frame.fieldTop, one, frame.fieldBottom, "axis", into: &svg)
      for (number, row) in rows.enumerated() {
        let middle = frame.fieldTop + (Double(number) + 0.5) * Self.rowHeight
        let median = frame.x(row.median, on: x)
        frame.rectangle(min(one, median), middle - 6, abs(median - one), 12, "band", into: &svg)
        frame.line(
          frame.x(row.range.lowerBound, on: x), middle, frame.x(row.range.upperBound, on: x), middle, "whisker",
          into: &svg)
        frame.rectangle(median - 3, middle - 7, 6, 14, "run-dot", into: &svg)
        frame.text(row.label, frame.left - 8, middle + 4, "tick", anchor: "end", into: &svg)
        svg.newline()
      }
    }
  }
}
