import Foundation

/// Progress for whoever waits, on standard error so that results can be piped.
enum Terminal {
  static var isInteractive: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

  /// Replaces the progress line. Silent when standard error is not a terminal.
  static func progress(_ line: String) {
    guard isInteractive else { return }
    write("\r\u{1B}[K\(line)")
  }

  static func endProgress() {
    guard isInteractive else { return }
    write("\r\u{1B}[K")
  }

  static func fail(_ sentence: String) { write("\(sentence)\n") }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
