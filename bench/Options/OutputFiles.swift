import ArgumentParser

/// The files that a command writes beside its table. One of them may be standard output; the table then goes to standard error, for
/// a program that reads the one is not to find the other before it.
struct OutputFiles {
  private let files: [(option: String, path: String)]

  /// - Parameter options: by their names; those that were not given are nil.
  init(_ options: KeyValuePairs<String, String?>) {
    files = options.compactMap { option, path in path.map { (option, $0) } }
  }

  /// Throws where two would be written over or into each other.
  func validate() throws {
    for (number, file) in files.enumerated() {
      guard let other = files[..<number].first(where: { $0.path == file.path }) else { continue }
      throw ValidationError(
        file.path == Terminal.standardOutput
          ? "\(other.option) and \(file.option) cannot both be written to standard output: give one of them a file"
          : "\(other.option) and \(file.option) cannot both be written to '\(file.path)'")
    }
  }

  /// Ends with a sentence and status 1 when one of them could not be written later, before any work is done.
  func checkWritable() throws { for file in files { try Terminal.checkWritable(file.path) } }

  /// Prints what a person reads.
  func say(_ text: String) {
    if files.contains(where: { $0.path == Terminal.standardOutput }) { Terminal.note(text) } else { Terminal.say(text) }
  }
}
