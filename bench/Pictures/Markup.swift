/// Text in the form that XML and HTML both read.
package struct Markup: Sendable {
  package private(set) var text = ""

  package init() {}

  /// An element with attributes, and what `body` adds to it. Attributes and texts are escaped.
  mutating func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ body: (inout Markup) -> Void
  ) {
    open(name, attributes)
    text += ">"
    body(&self)
    text += "</\(name)>"
  }

  mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text content: String) {
    element(name, attributes) { $0.add(content) }
  }

  mutating func empty(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
    open(name, attributes)
    text += "/>"
  }

  /// Plain text.
  mutating func add(_ content: String) { text += Self.escape(content) }

  /// What has been written as markup already.
  mutating func add(markup: Markup) { text += markup.text }

  mutating func newline() { text += "\n" }

  private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
    text += "<\(name)"
    for (key, value) in attributes { text += " \(key)=\"\(Self.escape(value))\"" }
  }

  /// Without the characters that mean something to XML, and without those that it does not allow at all.
  package static func escape(_ content: String) -> String {
    var escaped = ""
    for scalar in content.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20: escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// A length in a picture: hundredths are finer than any screen.
  static func length(_ value: Double) -> String {
    value.isFinite ? Text.plain((value * 100).rounded() / 100) : "0"
  }
}
