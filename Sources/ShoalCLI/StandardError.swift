import Foundation

/// Where everything goes that is no result. What nobody reads there is no reason to stop.
enum StandardError {
  private static let isInteractive = isatty(FileHandle.standardError.fileDescriptor) == 1

  static func say(_ line: String) { write("\(clearing)\(line)\n") }

  /// Tells people what goes on, and scripts nothing.
  static func hint(_ line: String) {
    if isInteractive { say(line) }
  }

  /// A line that the next one replaces; on terminals only.
  static func progress(_ line: String) {
    if isInteractive { write("\(clearing)\(line)\r") }
  }

  /// Takes the last line of progress away.
  static func clear() {
    if isInteractive { write(clearing) }
  }

  private static var clearing: String { isInteractive ? "\u{1B}[K" : "" }

  private static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
