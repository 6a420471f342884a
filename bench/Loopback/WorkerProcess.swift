import Foundation
import Programs

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A process that holds some of the nodes. It ends with this one: its standard input does.
final class WorkerProcess {
  let number: Int
  private let program: StartedProgram
  private let input = StartedProgram.makePipe()
  private let output = StartedProgram.makePipe()
  private var received: [UInt8] = []

  /// - Parameters:
  ///   - number: counted from 0.
  ///   - program: the path of shoal-bench.
  init(_ number: Int, program: String) throws(StepFailure) {
    self.number = number
    do throws(StartedProgram.Refusal) {
      self.program = try StartedProgram(
        [program, "worker"], input: .handle(input.fileHandleForReading), output: .handle(output.fileHandleForWriting),
        errors: .inherited)
    } catch { throw StepFailure(sentence: "There is no worker process: \(error.description)") }
    // The other ends are the worker's alone: whoever reads what it says hears that it has ended.
    try? input.fileHandleForReading.close()
    try? output.fileHandleForWriting.close()
  }

  var descriptor: Int32 { output.fileHandleForReading.fileDescriptor }

  func send(_ request: WorkerRequest) throws(StepFailure) {
    do {
      try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(request) + [UInt8(ascii: "\n")])
    } catch { throw ended }
  }

  /// Reads what has come; a whole line is an answer. Call it when there is something to read.
  func receive() throws(StepFailure) -> WorkerReply? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe read(descriptor, &chunk, chunk.count)
    guard count > 0 else {
      if count < 0, errno == EINTR || errno == EAGAIN { return nil }
      throw ended
    }
    received += chunk[..<count]
    guard received.last == UInt8(ascii: "\n") else { return nil }
    defer { received.removeAll(keepingCapacity: true) }
    let reply: WorkerReply
    do { reply = try JSONDecoder().decode(WorkerReply.self, from: Data(received)) } catch {
      throw StepFailure(sentence: "Worker process \(number) answered what cannot be read: \(error)")
    }
    if case .failed(let sentence) = reply { throw StepFailure(sentence: sentence) }
    return reply
  }

  /// Ends it without any warning.
  func destroy() { program.send(SIGKILL) }

  /// Ends the process and waits until it is gone.
  func end() {
    try? input.fileHandleForWriting.close()
    program.wait()
  }

  /// It is gone though nobody ended it.
  private var ended: StepFailure {
    StepFailure(
      sentence: "Worker process \(number) (process id \(program.processID)) ended by itself with \(program.wait()), "
        + "and its nodes with it.")
  }

  /// The program that workers run: this one, or, within tests, the one beside them.
  static func program() throws(StepFailure) -> String {
    guard let own = Bundle.main.executableURL?.resolvingSymlinksInPath() else {
      throw StepFailure(sentence: "This program's own path cannot be told, so no worker process can be started.")
    }
    guard own.pathExtension == testExtension else { return own.path }
    let beside = own.deletingLastPathComponent().appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: beside) else {
      throw StepFailure(sentence: "There is no \(name) beside \(own.path), so no worker process can be started.")
    }
    return beside
  }

  private static let name = "shoal-bench"
  private static let testExtension = "xctest"
}
