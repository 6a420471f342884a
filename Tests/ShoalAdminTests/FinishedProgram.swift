import Foundation
import Testing

/// What was built beside the tests.
enum BuiltPrograms {
  static var shoal: String { path(of: "shoal") }

  /// `swift test` builds all programs of the package.
  static func path(of name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
  }
}

/// A program that was run to its end, and what it wrote.
struct FinishedProgram {
  let status: Int32
  let text: String
  let errors: String

  /// Runs a program with nothing but the given environment.
  ///
  /// - Parameters:
  ///   - command: its path, and its arguments.
  ///   - meanwhile: what happens while it runs, and may end it, given the file that it writes to.
  static func run(
    _ command: [String], environment: [String: String] = [:],
    meanwhile: (_ process: Process, _ out: String) async throws -> Void = { _, _ in }
  ) async throws -> FinishedProgram {
    try await withFolder { folder in
      let out = folder + "/out"
      let errors = folder + "/errors"
      for path in [out, errors] { try #require(FileManager.default.createFile(atPath: path, contents: nil)) }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: command[0])
      process.arguments = Array(command.dropFirst())
      // A home without tokens; what the test gives takes precedence.
      process.environment = ["HOME": folder].merging(environment) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle(forWritingAtPath: out)
      process.standardError = FileHandle(forWritingAtPath: errors)
      let (ending, end) = AsyncStream.makeStream(of: Void.self)
      process.terminationHandler = { _ in end.finish() }
      try process.run()
      do { try await meanwhile(process, out) } catch {
        process.terminate()
        throw error
      }
      for await _ in ending {}
      guard !Task.isCancelled else {
        process.terminate()
        throw CancellationError()
      }
      return FinishedProgram(
        status: process.terminationStatus, text: try String(contentsOfFile: out, encoding: .utf8),
        errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
  }
}
