import ArgumentParser
import Foundation
import ShoalAdmin

struct MetadataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metadata",
    abstract: "Print a member's metadata: the bytes as they are, nothing added.",
    discussion: """
      Metadata is what a member has to say beyond its tags: up to 65,536 bytes of any kind. NODE is a living member's name, or at \
      least the first eight digits of its ID. Nothing is printed when it has none.

        shoal metadata orders-2 > orders-2.json
      """)

  @OptionGroup var agent: AdminOptions

  @OptionGroup var member: MemberArgument

  func run() async throws {
    let metadata = try await agent.client().metadata(of: member.node)
    try StandardOutput.write(Data(metadata))
  }
}
