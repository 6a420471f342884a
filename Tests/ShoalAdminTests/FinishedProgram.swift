import Foundation
import Programs
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
    meanwhile: (_ program: StartedProgram, _ out: String) async throws -> Void = { _, _ in }
  ) async throws -> FinishedProgram {
    try await withFolder { folder in
      let (out, errors) = (folder + "/out", folder + "/errors")
      for path in [out, errors] { try #require(FileManager.default.createFile(atPath: path, contents: nil)) }
      let (outHandle, errorHandle) = (
        try #require(FileHandle(forWritingAtPath: out)), try #require(FileHandle(forWritingAtPath: errors))
      )
      // A home without tokens; what the test gives takes precedence.
      let program = try StartedProgram(
        command, environment: ["HOME": folder].merging(environment) { $1 }, output: .handle(outHandle),
        errors: .handle(errorHandle))
      do { try await meanwhile(program, out) } catch {
        program.send(SIGKILL)
        await program.end()
        throw error
      }
      let ending = await withTaskCancellationHandler {
        await program.end()
      } onCancel: {
        program.send(SIGKILL)
      }
      try Task.checkCancellation()
      guard case .status(let status) = ending else { throw Killed(command: command, ending: ending) }
      return FinishedProgram(
        status: status, text: try String(contentsOfFile: out, encoding: .utf8),
        errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
  }

  private struct Killed: Error {
    let command: [String]
    let ending: StartedProgram.Ending
  }
}
