/// Two or more columns of text; all but the first are right-aligned.
struct Table {
  let rows: [[String]]

  /// The same with every column left-aligned, for words.
  var aligned: String {
    lines { text, padding, column in column == rows.map(\.count).max().map { $0 - 1 } ? text : text + padding }
  }

  var text: String {
    lines { text, padding, column in column == 0 ? text + padding : padding + text }
  }

  private func lines(_ align: (_ text: String, _ padding: String, _ column: Int) -> String) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return align(cell, padding, column)
      }
      return "  " + cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
