/// One line of a chart.
package struct Series: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package let x: Double
    package let y: Double

    package init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  package enum Style: String, Sendable {
    /// What was measured.
    case run
    /// What a formula says.
    case theory
  }

  package let label: String
  package let style: Style
  /// Whether a value holds until the next point, instead of changing evenly towards it.
  package let isStepped: Bool
  package let points: [Point]

  package init(label: String, style: Style = .run, isStepped: Bool = false, points: [Point]) {
    self.label = label
    self.style = style
    self.isStepped = isStepped
    self.points = points
  }

  /// The first, least, greatest and last point of each of so many stretches of an axis: as much as can be seen.
  package func reduced(columns: Int, along axis: Axis) -> Series {
    guard points.count > columns else { return self }
    func column(_ place: Int) -> Double { (axis.position(points[place].x) * Double(columns)).rounded(.down) }
    var kept: [Point] = []
    var start = 0
    while start < points.count {
      var end = start + 1
      while end < points.count, column(end) == column(start) { end += 1 }
      kept += Self.outline(points[start..<end])
      start = end
    }
    return Series(label: label, style: style, isStepped: isStepped, points: kept)
  }

  private static func outline(_ points: ArraySlice<Point>) -> [Point] {
    let places = points.indices
    guard let first = places.first, let last = places.last,
      let least = places.min(by: { points[$0].y < points[$1].y }),
      let greatest = places.max(by: { points[$0].y < points[$1].y })
    else { return [] }
    return Set([first, last, least, greatest]).sorted().map { points[$0] }
  }
}

/// A stretch between two lines.
package struct Band: Sendable, Equatable {
  package let label: String
  /// Of equal length, with the same `x`.
  package let lower: [Series.Point]
  package let upper: [Series.Point]
}
