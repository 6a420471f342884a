/// Values over time, one line for each run.
package struct LineChart: Sendable {
  package let title: String
  package let note: String
  package let x: Axis
  package let y: Axis
  package let series: [Series]
  package let band: Band?
  package let marks: [Mark]

  package init(
    title: String, note: String, x: Axis, y: Axis, series: [Series], band: Band? = nil, marks: [Mark] = []
  ) {
    self.title = title
    self.note = note
    self.x = x
    self.y = y
    self.series = series
    self.band = band
    self.marks = marks
  }

  private static let height = 300.0
  /// A point a pixel is all that can be seen.
  private static let columns = 1_000

  var svg: Markup {
    let frame = PictureFrame(left: 84, fieldHeight: Self.height)
    return frame.picture(title: title, note: note) { svg in
      frame.drawHorizontal(x, into: &svg)
      frame.drawVertical(y, into: &svg)
      if let band {
        let outline = band.lower + band.upper.reversed()
        svg.empty("polygon", ["class": "band", "points": points(outline, isStepped: false, in: frame)])
        svg.newline()
      }
      for each in series {
        // Many lines on top of each other are to show where they are dense.
        let opacity = each.style == .theory ? 1 : max(0.3, 1 / Double(runs).squareRoot())
        svg.empty(
          "polyline",
          [
            "class": each.style.rawValue, "stroke-opacity": Markup.length(opacity),
            "points": points(
              each.reduced(columns: Self.columns, along: x).points, isStepped: each.isStepped, in: frame),
          ])
        svg.newline()
      }
      frame.drawMarks(marks, on: x, into: &svg)
      frame.drawLegend(legend, into: &svg)
    }
  }

  private var runs: Int { max(1, series.count { $0.style == .run }) }

  private var legend: [(shape: String, label: String)] {
    var entries: [(shape: String, label: String)] = []
    let drawn = series.filter { $0.style == .run }
    if let first = drawn.first { entries.append(("run", drawn.count == 1 ? first.label : "\(first.label), each run")) }
    if let band { entries.append(("band", band.label)) }
    for each in series where each.style == .theory { entries.append(("theory", each.label)) }
    return entries
  }

  private func points(_ points: [Series.Point], isStepped: Bool, in frame: PictureFrame) -> String {
    var text = ""
    var previous: Series.Point?
    for point in points {
      if isStepped, let previous { text += place(Series.Point(point.x, previous.y), in: frame) }
      text += place(point, in: frame)
      previous = point
    }
    return String(text.dropLast())
  }

  private func place(_ point: Series.Point, in frame: PictureFrame) -> String {
    "\(Markup.length(frame.x(point.x, on: x))),\(Markup.length(frame.y(point.y, on: y))) "
  }
}
