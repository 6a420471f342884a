import Foundation

/// A folder that keeps each part's outcome until it is measured again.
package struct ResultsStore: Sendable {
  let folder: String

  package init(folder: String) { self.folder = folder }

  /// What is kept of a part under the command that it has now; nil when it has to be measured.
  package func outcome(of part: Part) throws(StepFailure) -> PartOutcome? {
    let path = path(of: part)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let outcome = try JSONDecoder().decode(PartOutcome.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
      return outcome.command == part.command ? outcome : nil
    } catch {
      throw StepFailure(sentence: "'\(path)' is no part of results (\(error)). Delete it, and it is measured again.")
    }
  }

  package func keep(_ outcome: PartOutcome, of part: Part) throws(StepFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try encoder.encode(outcome).write(to: URL(fileURLWithPath: path(of: part)), options: .atomic)
    } catch {
      throw StepFailure(sentence: "'\(path(of: part))' could not be written: \(error.localizedDescription)")
    }
  }

  private func path(of part: Part) -> String { "\(folder)/\(part.name).json" }
}
