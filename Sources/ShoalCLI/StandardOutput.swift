import Foundation

/// Where results go. What cannot be written there is told: a key that nobody has seen is lost.
enum StandardOutput {
  /// Writes a text and a line's end.
  static func say(_ text: String) throws {
    do { try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8)) } catch {
      throw CommandFailure("Standard output cannot be written: is its disk full, or was it closed?")
    }
  }
}
