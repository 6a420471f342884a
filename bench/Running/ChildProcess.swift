import Dispatch
package import Foundation

/// A program that was run to its end.
package struct ChildProcess: Sendable {
  package let status: Int32
  package let output: Data
  package let errors: String

  /// Where this very program is.
  static var ownPath: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// The last line that it wrote to standard error, for a person.
  var lastWords: String {
    errors.split(separator: "\n").last.map(String.init) ?? "it said nothing and ended with status \(status)"
  }

  /// Runs a program and takes what it writes.
  static func run(_ path: String, _ arguments: [String]) throws(StepFailure) -> ChildProcess {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw StepFailure(sentence: "\(path) could not be run: \(error.localizedDescription)")
    }
    // Both at once: a pipe that nobody reads would make the program wait.
    let reader = PipeReader(errors.fileHandleForReading)
    let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    let text = reader.wait()
    process.waitUntilExit()
    return ChildProcess(
      status: process.terminationStatus, output: data, errors: String(decoding: text, as: UTF8.self))
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class PipeReader: @unchecked Sendable {
  // Written by the thread before the group is left, and read after.
  private var data = Data()
  private let group = DispatchGroup()

  init(_ handle: FileHandle) {
    let source = UncheckedHandle(handle: handle)
    group.enter()
    Thread.detachNewThread { [self] in
      data = (try? source.handle.readToEnd()) ?? Data()
      group.leave()
    }
  }

  func wait() -> Data {
    group.wait()
    return data
  }
}

private struct UncheckedHandle: @unchecked Sendable {
  let handle: FileHandle
}
