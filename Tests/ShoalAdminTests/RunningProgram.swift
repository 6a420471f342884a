import Foundation
import Programs

/// A program that runs beside a test, and ends with it: its standard input does.
final class RunningProgram: Sendable {
  private let program: StartedProgram
  private let input = StartedProgram.makePipe()

  var processID: Int32 { program.processID }

  /// - Parameters:
  ///   - command: its path, and its arguments.
  ///   - environment: all that it gets.
  ///   - errors: the file that gets its standard error.
  ///   - onLine: gets each line that it writes, and nil at the end of them, on a thread of its own.
  init(
    _ command: [String], environment: [String: String] = [:], errors: String,
    onLine: @escaping @Sendable (String?) -> Void
  ) throws {
    // A program that has ended is no reason for the tests to end when they write to it.
    signal(SIGPIPE, SIG_IGN)
    let output = StartedProgram.makePipe()
    try Data().write(to: URL(fileURLWithPath: errors))
    let errorHandle = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
    program = try StartedProgram(
      command, environment: environment, input: .handle(input.fileHandleForReading),
      output: .handle(output.fileHandleForWriting), errors: .handle(errorHandle))
    // Whoever reads what it writes hears that it has ended.
    try output.fileHandleForWriting.close()
    let reading = output.fileHandleForReading
    Thread.detachNewThread { Self.read(reading, onLine) }
  }

  private static func read(_ handle: FileHandle, _ onLine: (String?) -> Void) {
    var rest = Data()
    while case let chunk = handle.availableData, !chunk.isEmpty {
      rest += chunk
      while let end = rest.firstIndex(of: 0x0A) {
        onLine(String(decoding: rest[..<end], as: UTF8.self))
        rest = Data(rest[(end + 1)...])
      }
    }
    onLine(nil)
  }

  func write(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

  /// SIGSTOP: from now on none of its threads runs.
  func pause() { program.send(SIGSTOP) }

  /// SIGCONT.
  func resume() { program.send(SIGCONT) }

  /// Ends it, also when it is paused, and waits until it is gone.
  func end() async {
    try? input.fileHandleForWriting.close()
    resume()
    await withTaskCancellationHandler {
      _ = await program.end()
    } onCancel: {
      program.send(SIGKILL)
    }
  }
}
