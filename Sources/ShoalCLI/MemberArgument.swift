import ArgumentParser

/// NODE, where a command is about one member.
struct MemberArgument: ParsableArguments {
  @Argument(help: ArgumentHelp("A member's name, or at least the first eight digits of its ID.", valueName: "node"))
  var node: String

  func validate() throws {
    if node.isEmpty { throw ValidationError("NODE is empty; give a member's name, as shoal members lists them.") }
  }
}
