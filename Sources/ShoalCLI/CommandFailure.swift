/// Ends a command with a sentence on stderr and a non-zero status.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String) { description = sentence }
}
