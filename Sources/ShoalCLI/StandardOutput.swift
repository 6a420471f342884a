import Foundation

/// Where results go. What cannot be written there is told: a key that nobody has seen is lost.
enum StandardOutput {
  /// What a shell reports of a program that SIGPIPE has ended.
  private static let closedPipeStatus: Int32 = 141

  /// Writes a text and a line's end.
  static func say(_ text: String) throws { try write(Data("\(text)\n".utf8)) }

  /// Ends the program without a word when whoever reads has seen enough, as in `shoal members | head -1`.
  static func write(_ data: Data) throws {
    do { try FileHandle.standardOutput.write(contentsOf: data) } catch {
      if isClosedPipe(error) { exit(closedPipeStatus) }
      throw CommandFailure("Standard output cannot be written: is its disk full, or was it closed?")
    }
  }

  private static func isClosedPipe(_ error: any Error) -> Bool {
    let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
    return cause.domain == NSPOSIXErrorDomain && cause.code == Int(EPIPE)
  }
}
