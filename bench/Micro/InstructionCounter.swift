import Foundation
import Programs

/// Counts an operation's instructions by running this program under valgrind twice, with two numbers of steps: the difference is
/// what the steps take, whatever came before them.
///
/// What runs is a copy without debug information: valgrind gives up on what the Swift compiler writes there.
package final class InstructionCounter {
  private static let fewer = 500
  private static let more = 1_500
  /// How many steps are made ready in either run, so that they cost both the same.
  static let prepared = 1_500

  private let valgrind: String
  private let folder: URL
  private let cleanup: Int

  private var program: String { folder.appendingPathComponent("shoal-bench").path }

  /// Throws, saying how to install it, when a program that this needs is not there.
  init() throws(StepFailure) {
    valgrind = try Self.find("valgrind", package: "valgrind")
    let strip = try Self.find("strip", package: "binutils")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-bench-\(UUID().uuidString)")
    self.folder = folder
    cleanup = Interruption.add { try? FileManager.default.removeItem(at: folder) }
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw StepFailure(sentence: "\(folder.path) could not be made: \(error.localizedDescription)")
    }
    let child = try ChildProcess.run(strip, ["--strip-debug", "-o", program, ChildProcess.ownPath])
    guard child.ending == .success else {
      throw StepFailure(sentence: "strip made no copy of \(ChildProcess.ownPath): \(child.lastWords)")
    }
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
    Interruption.remove(cleanup)
  }

  private static func find(_ program: String, package: String) throws(StepFailure) -> String {
    let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
    guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw StepFailure(
        sentence:
          "--instructions needs \(program), and it is not installed: apt-get install \(package) (Debian, Ubuntu).")
    }
    return found
  }

  /// Instructions for one step.
  ///
  /// - Parameter tell: told now and then which of the two runs is under way, and for how long.
  func count(_ operation: String, tell: (String) -> Void) throws(StepFailure) -> Double {
    let few = try total(operation, steps: Self.fewer) { tell("run 1 of 2, \($0.components.seconds) s") }
    let many = try total(operation, steps: Self.more) { tell("run 2 of 2, \($0.components.seconds) s") }
    return Double(many - few) / Double(Self.more - Self.fewer)
  }

  private func total(_ operation: String, steps: Int, tick: (Duration) -> Void) throws(StepFailure) -> Int {
    let arguments = [
      "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "micro", "--operation", operation,
      "--steps", "\(steps)",
    ]
    let child = try ChildProcess.run(valgrind, arguments, tick: tick)
    guard child.ending == .success, let total = Self.collected(in: child.errors) else {
      throw StepFailure(sentence: "valgrind counted nothing for \(operation): \(child.lastWords)")
    }
    return total
  }

  /// From the line `==123== Collected : 456`.
  package static func collected(in text: String) -> Int? {
    text.split(separator: "\n").first { $0.contains("Collected :") }?.split(separator: " ").last.flatMap { Int($0) }
  }
}
