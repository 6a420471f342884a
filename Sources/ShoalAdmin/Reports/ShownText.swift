import Foundation

/// Bytes from others as a line that a terminal can show: nothing in it ends the line, moves the cursor, or gives orders.
package enum ShownText {
  /// Control characters are escaped as in Swift source; of what is no UTF-8, every byte beyond printable ASCII as `\xNN`.
  package static func line(_ bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { return bytes.map(shown).joined() }
    return line(text)
  }

  package static func line(_ text: String) -> String {
    text.unicodeScalars.map { isPlain($0) ? String($0) : $0.escaped(asASCII: true) }.joined()
  }

  /// JSON that means the same, and gives a terminal no orders either.
  package static func json(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      isPlain(scalar) || scalar.isASCII
        ? String(scalar) : String(scalar).utf16.map { "\\u" + hexadecimal($0) }.joined()
    }.joined()
  }

  private static func hexadecimal(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }

  /// At most so many bytes, of a text so that no character is cut.
  static func beginning(of bytes: [UInt8], limit: Int) -> [UInt8] {
    guard bytes.count > limit else { return bytes }
    var part = Array(bytes.prefix(limit))
    // A character has four bytes at most.
    for _ in 0..<3 where !isText(part) { part.removeLast() }
    return isText(part) ? part : Array(bytes.prefix(limit))
  }

  static func isText(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

  static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    // Joins emoji.
    if scalar.value == 0x200D { return true }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
    default: true
    }
  }

  private static func shown(_ byte: UInt8) -> String {
    guard !(0x20..<0x7F).contains(byte) else { return String(Unicode.Scalar(byte)) }
    return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
