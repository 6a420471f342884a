import ArgumentParser

/// The arguments as the system has handed them over. Swift replaces what is no UTF-8 before a command sees it.
enum ArgumentBytes {
  /// - Throws: when an argument is no UTF-8, so that nothing is sent in its place.
  static func requireText() throws {
    for position in 1..<max(1, Int(CommandLine.argc)) {
      guard let argument = unsafe CommandLine.unsafeArgv[position] else { continue }
      guard unsafe String(validatingCString: argument) == nil else { continue }
      throw ValidationError(
        "Argument \(position) is not UTF-8; texts and names are. Other bytes can be sent by a program, or encoded, as in base64."
      )
    }
  }
}
