/// What each node made of a crashed member over time, one bar a node.
package struct TimelineChart: Sendable {
  package let title: String
  package let note: String
  /// In the order of their verdicts.
  package let rows: [TimelineRow]
  package let x: Axis

  /// More rows than this are drawn together.
  package static let rowLimit = 60
  private static let rowHeight = 14.0
  private static let barHeight = 9.0

  /// - Parameter rows: one for each node, in any order.
  package init(title: String, note: String, rows: [TimelineRow]) {
    self.title = title
    self.note = note
    let sorted = rows.sorted { ($0.dead ?? .infinity, $0.label) < ($1.dead ?? .infinity, $1.label) }
    self.rows = sorted.count > Self.rowLimit ? Self.grouped(sorted) : sorted
    let last = rows.flatMap { [$0.suspected, $0.dead] }.compactMap(\.self).max() ?? 0
    x = Axis(title: "time since the crash", unit: "s", range: 0...last * 1.06)
  }

  private var isGrouped: Bool { rows.contains { $0.deadRange != nil } }

  var svg: Markup {
    let frame = PictureFrame(left: 116, fieldHeight: max(Self.rowHeight, Double(rows.count) * Self.rowHeight))
    return frame.picture(title: title, note: note) { svg in
      frame.drawHorizontal(x, into: &svg)
      for (number, row) in rows.enumerated() {
        draw(row, at: frame.fieldTop + Double(number) * Self.rowHeight, in: frame, into: &svg)
      }
      frame.text(
        isGrouped ? "nodes by their verdict, first to last" : "node", 16, frame.fieldTop - 12, "axis-label",
        anchor: "start", into: &svg)
      frame.drawLegend(legend, into: &svg)
    }
  }

  private var legend: [(shape: String, label: String)] {
    [("quiet", "alive"), ("suspect", "suspect"), ("dead", "dead")]
      + (isGrouped ? [("whisker", "verdicts of the group, first to last")] : [])
  }

  private func draw(_ row: TimelineRow, at top: Double, in frame: PictureFrame, into svg: inout Markup) {
    let bar = top + (Self.rowHeight - Self.barHeight) / 2
    let end = x.range.upperBound
    func segment(from start: Double, to finish: Double, _ style: String) {
      let place = frame.x(start, on: x)
      frame.rectangle(place, bar, frame.x(finish, on: x) - place, Self.barHeight, style, into: &svg)
    }
    segment(from: 0, to: row.suspected ?? row.dead ?? end, "quiet")
    if let suspected = row.suspected { segment(from: suspected, to: max(suspected, row.dead ?? end), "suspect") }
    if let dead = row.dead { segment(from: dead, to: end, "dead") }
    if let range = row.deadRange {
      let middle = top + Self.rowHeight / 2
      frame.line(
        frame.x(range.lowerBound, on: x), middle, frame.x(range.upperBound, on: x), middle, "whisker", into: &svg)
    }
    frame.text(row.label, 108, top + Self.rowHeight - 3.5, "tick", anchor: "end", into: &svg)
    svg.newline()
  }

  /// As many groups of neighbours as there is room for, each with its medians.
  private static func grouped(_ rows: [TimelineRow]) -> [TimelineRow] {
    (0..<rowLimit).map { group in
      let first = group * rows.count / rowLimit
      let last = (group + 1) * rows.count / rowLimit - 1
      let members = rows[first...last]
      let deaths = members.compactMap(\.dead)
      let suspicions = members.compactMap(\.suspected).sorted()
      return TimelineRow(
        label: first == last ? "\(first + 1)" : "\(first + 1)–\(last + 1)",
        suspected: suspicions.isEmpty ? nil : suspicions[suspicions.count / 2],
        dead: deaths.isEmpty ? nil : deaths[deaths.count / 2],
        deadRange: deaths.first.flatMap { first in deaths.last.map { first...$0 } })
    }
  }
}
