import Dispatch
package import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

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

  /// Runs a program and takes what it writes. When this one is interrupted, so is that.
  ///
  /// - Parameter tick: told every now and then how long it has been running.
  package static func run(
    _ path: String, _ arguments: [String], tick: (Duration) -> Void = { _ in }
  ) throws(StepFailure) -> ChildProcess {
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
    let (started, child) = (ContinuousClock().now, process.processIdentifier)
    let number = Interruption.add { kill(child, SIGTERM) }
    defer { Interruption.remove(number) }
    // Both at once: a pipe that nobody reads would make the program wait.
    let readers = [PipeReader(output.fileHandleForReading), PipeReader(errors.fileHandleForReading)]
    for reader in readers {
      while !reader.isDone(within: Self.tickInterval) { tick(ContinuousClock().now - started) }
    }
    process.waitUntilExit()
    return ChildProcess(
      status: process.terminationStatus, output: readers[0].data,
      errors: String(decoding: readers[1].data, as: UTF8.self))
  }

  private static let tickInterval = DispatchTimeInterval.milliseconds(200)
}

/// Reads a pipe to its end on a thread of its own.
private final class PipeReader: @unchecked Sendable {
  /// Written by the thread before the group is left; read it only when that is done.
  private(set) var data = Data()
  private let group = DispatchGroup()

  init(_ handle: FileHandle) {
    let source = UncheckedHandle(handle: handle)
    group.enter()
    Thread.detachNewThread { [self] in
      data = (try? source.handle.readToEnd()) ?? Data()
      group.leave()
    }
  }

  func isDone(within time: DispatchTimeInterval) -> Bool { group.wait(timeout: .now() + time) == .success }
}

private struct UncheckedHandle: @unchecked Sendable {
  let handle: FileHandle
}
