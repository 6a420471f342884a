import ArgumentParser
import Shoal
import ShoalCore

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version of this program and of the protocol that it speaks.",
    discussion: """
        shoal version
      """)

  func run() throws {
    let range = WireVersionRange.current
    try StandardOutput.say("shoal \(ShoalVersion.current), protocol \(range.lowest) to \(range.highest)")
  }
}
