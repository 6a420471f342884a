/// Rows as a Markdown table.
enum MarkdownTable {
  static func text(header: [String], rows: [[String]]) -> String {
    let separator = header.map { _ in "---" }
    return ([header, separator] + rows).map { "| \($0.map(escape).joined(separator: " | ")) |" }
      .joined(separator: "\n") + "\n"
  }

  private static func escape(_ cell: String) -> String {
    cell.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
