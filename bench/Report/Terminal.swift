import ArgumentParser
import Foundation

/// Progress and errors for whoever waits, on standard error so that results can be piped.
enum Terminal {
  static var isInteractive: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

  /// Whether a person sees what is printed as the result.
  static var showsResults: Bool { isatty(FileHandle.standardOutput.fileDescriptor) == 1 }

  /// Replaces the progress line. Silent when standard error is not a terminal.
  static func progress(_ line: String) {
    guard isInteractive else { return }
    write("\r\u{1B}[K\(line)")
  }

  static func endProgress() {
    guard isInteractive else { return }
    write("\r\u{1B}[K")
  }

  /// A line about what has been done so far, for whoever waits.
  static func note(_ sentence: String) {
    endProgress()
    write("\(sentence)\n")
  }

  static func fail(_ sentence: String) { write("\(sentence)\n") }

  /// Says what a step that did not happen was, and ends with status 1.
  static func explaining<Value>(_ body: () throws(StepFailure) -> Value) throws -> Value {
    do throws(StepFailure) { return try body() } catch {
      endProgress()
      fail(error.sentence)
      throw ExitCode(1)
    }
  }

  /// Prints a result at once, so that whoever follows a long command through a pipe sees it between what is said of its progress.
  static func say(_ text: String) {
    do { try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8)) } catch {
      fail("Standard output cannot be written: is its disk full, or was it closed?")
      exit(1)
    }
  }

  /// The path that stands for standard output.
  static let standardOutput = "-"

  /// Ends with a sentence and status 1 when a file could not be written later, before any work is done.
  static func checkWritable(_ path: String) throws {
    guard path != standardOutput, let flaw = flaw(ofOutput: path) else { return }
    fail("'\(path)' cannot be written: \(flaw).")
    throw ExitCode(1)
  }

  /// Why a file cannot be written; nil when it can.
  private static func flaw(ofOutput path: String) -> String? {
    guard !path.isEmpty else { return "it has no name" }
    if let isFolder = isFolder(path) {
      guard !isFolder else { return "it is a folder" }
      return FileManager.default.isWritableFile(atPath: path) ? nil : "this user may not change it"
    }
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard let isFolder = isFolder(parent) else { return "there is no folder '\(parent)'" }
    guard isFolder else { return "'\(parent)' is no folder" }
    return FileManager.default.isWritableFile(atPath: parent) ? nil : "this user may make no file in '\(parent)'"
  }

  /// Nil where there is nothing.
  private static func isFolder(_ path: String) -> Bool? {
    var isFolder = ObjCBool(false)
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
  }

  /// Makes a folder, and those that it stands in, or ends with a sentence and status 1.
  static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      fail("The folder '\(path)' could not be made: \(error.localizedDescription)")
      throw ExitCode(1)
    }
  }

  /// Writes a whole file, or ends with a sentence and status 1.
  static func write(_ data: Data, to path: String) throws {
    do {
      if path == standardOutput {
        try FileHandle.standardOutput.write(contentsOf: data + [UInt8(ascii: "\n")])
      } else {
        try data.write(to: URL(fileURLWithPath: path))
      }
    } catch {
      fail("'\(path)' could not be written: \(error.localizedDescription)")
      throw ExitCode(1)
    }
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
