import Foundation
import Testing

/// What README shows must be what is compiled.
struct ReadmeTests {
  private static func text(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test("the examples in README are those that the tests run", arguments: ["Embedding", "Message", "Client"])
  func examples(name: String) throws {
    let lines = try Self.text("Tests/ShoalTests/\(name)ExampleTests.swift").components(separatedBy: "\n")
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// README: begin") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// README: end") })
    let indent = lines[begin].prefix { $0 == " " }.count
    let example = lines[(begin + 1)..<end].map { $0.dropFirst(min(indent, $0.count)) }.joined(separator: "\n")
    #expect(!example.isEmpty)
    #expect(try Self.text("README.md").contains("```swift\n\(example)\n```"))
  }
}
