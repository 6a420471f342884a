import Dispatch
package import Foundation
package import Programs

/// A program that was run to its end.
package struct ChildProcess: Sendable {
  package let ending: StartedProgram.Ending
  package let output: Data
  package let errors: String

  /// Where this very program is.
  static var ownPath: String { Bundle.main.executablePath ?? CommandLine.arguments[0] }

  /// The last line that it wrote to standard error, for a person.
  var lastWords: String {
    errors.split(separator: "\n").last.map(String.init) ?? "it said nothing and ended with \(ending)"
  }

  /// Runs a program and takes what it writes. When this one is interrupted, so is that.
  ///
  /// - Parameter tick: told every now and then how long it has been running.
  package static func run(
    _ path: String, _ arguments: [String], tick: (Duration) -> Void = { _ in }
  ) throws(StepFailure) -> ChildProcess {
    let (output, errors) = (StartedProgram.makePipe(), StartedProgram.makePipe())
    let program: StartedProgram
    do throws(StartedProgram.Refusal) {
      program = try StartedProgram(
        [path] + arguments, output: .handle(output.fileHandleForWriting), errors: .handle(errors.fileHandleForWriting))
    } catch { throw StepFailure(sentence: error.description) }
    for pipe in [output, errors] { try? pipe.fileHandleForWriting.close() }
    let started = ContinuousClock().now
    let number = Interruption.add { program.send(SIGTERM) }
    defer { Interruption.remove(number) }
    // Both at once: a pipe that nobody reads would make the program wait.
    let readers = [PipeReader(output.fileHandleForReading), PipeReader(errors.fileHandleForReading)]
    for reader in readers {
      while !reader.isDone(within: Self.tickInterval) { tick(ContinuousClock().now - started) }
    }
    return ChildProcess(
      ending: program.wait(), output: readers[0].data, errors: String(decoding: readers[1].data, as: UTF8.self))
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
