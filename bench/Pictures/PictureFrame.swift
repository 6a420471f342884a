/// The part of a picture that all charts share: its size, its head, and the field between the axes.
struct PictureFrame {
  static let width = 1_160.0
  private static let top = 92.0
  private static let bottom = 52.0
  private static let right = 24.0

  let left: Double
  let fieldHeight: Double

  var fieldWidth: Double { Self.width - left - Self.right }
  var fieldTop: Double { Self.top }
  var fieldBottom: Double { Self.top + fieldHeight }
  private var height: Double { fieldBottom + Self.bottom }

  /// A whole picture: its ground, its head, and what `body` draws.
  func picture(title: String, note: String, _ body: (inout Markup) -> Void) -> Markup {
    var markup = Markup()
    markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Markup.length(Self.width)) \(Markup.length(height))",
        "class": "picture", "role": "img", "aria-label": title,
      ]
    ) { svg in
      svg.element("style", text: PictureStyle.picture)
      svg.newline()
      svg.empty("rect", ["class": "ground", "width": Markup.length(Self.width), "height": Markup.length(height)])
      svg.element("text", ["class": "head", "x": "16", "y": "26"], text: title)
      svg.element("text", ["class": "note", "x": "16", "y": "48"], text: note)
      svg.newline()
      body(&svg)
    }
    return markup
  }

  func x(_ value: Double, on axis: Axis) -> Double { left + axis.position(value) * fieldWidth }

  func y(_ value: Double, on axis: Axis) -> Double { fieldBottom - axis.position(value) * fieldHeight }

  func drawHorizontal(_ axis: Axis, into svg: inout Markup) {
    for tick in axis.ticks(about: 10) {
      let place = x(tick.value, on: axis)
      line(place, fieldTop, place, fieldBottom, "grid", into: &svg)
      text(tick.label, place, fieldBottom + 18, "tick", anchor: "middle", into: &svg)
    }
    line(left, fieldBottom, left + fieldWidth, fieldBottom, "axis", into: &svg)
    text(axis.label, left + fieldWidth / 2, fieldBottom + 42, "axis-label", anchor: "middle", into: &svg)
    svg.newline()
  }

  /// Its title stands above it, where it can be read without turning one's head.
  func drawVertical(_ axis: Axis, into svg: inout Markup) {
    for tick in axis.ticks(about: 5) {
      let place = y(tick.value, on: axis)
      line(left, place, left + fieldWidth, place, "grid", into: &svg)
      text(tick.label, left - 8, place + 4, "tick", anchor: "end", into: &svg)
    }
    line(left, fieldTop, left, fieldBottom, "axis", into: &svg)
    text(axis.label, 16, fieldTop - 14, "axis-label", anchor: "start", into: &svg)
    svg.newline()
  }

  func drawMarks(_ marks: [Mark], on axis: Axis, into svg: inout Markup) {
    for mark in marks where axis.range.contains(mark.after) {
      let place = x(mark.after, on: axis)
      let isLate = axis.position(mark.after) > 0.85
      line(place, fieldTop, place, fieldBottom, "mark", into: &svg)
      text(mark.label, place + (isLate ? -6 : 6), fieldTop + 14, "note", anchor: isLate ? "end" : "start", into: &svg)
    }
  }

  /// Samples with their labels, right above the field and ending at its right edge.
  func drawLegend(_ entries: [(shape: String, label: String)], into svg: inout Markup) {
    let widths = entries.map { 34 + Double($0.label.count) * 7.2 }
    var place = left + fieldWidth - widths.reduce(0, +)
    for (entry, width) in zip(entries, widths) {
      let middle = fieldTop - 16
      switch entry.shape {
      case "run", "theory", "whisker": line(place, middle, place + 20, middle, entry.shape, into: &svg)
      default: rectangle(place, middle - 6, 20, 12, entry.shape, into: &svg)
      }
      text(entry.label, place + 26, middle + 4, "legend", anchor: "start", into: &svg)
      place += width
    }
    svg.newline()
  }

  func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, into svg: inout Markup) {
    svg.empty(
      "line",
      [
        "class": style, "x1": Markup.length(x1), "y1": Markup.length(y1), "x2": Markup.length(x2),
        "y2": Markup.length(y2),
      ])
  }

  func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: String, into svg: inout Markup
  ) {
    svg.empty(
      "rect",
      [
        "class": style, "x": Markup.length(x), "y": Markup.length(y), "width": Markup.length(max(0, width)),
        "height": Markup.length(height),
      ])
  }

  func text(_ content: String, _ x: Double, _ y: Double, _ style: String, anchor: String, into svg: inout Markup) {
    svg.element(
      "text", ["class": style, "x": Markup.length(x), "y": Markup.length(y), "text-anchor": anchor], text: content)
  }
}
