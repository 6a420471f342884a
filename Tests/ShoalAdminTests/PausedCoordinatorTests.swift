import Foundation
import Shoal
import Testing

/// Five processes, three of which vote, and a resource outside of them that is guarded by their tokens.
@Suite(.timeLimit(.minutes(5)))
struct PausedCoordinatorTests {
  /// The pause ends when another one reigns and has acted, not after a time: a span can end before anybody has taken over, and shows nothing
  /// then. The paused process has drawn a token and not acted yet. When it wakes up its next step lies before it, so that it acts and draws
  /// again at once, before its node has heard anything.
  @Test(
    "what a paused coordinator does when it wakes up in another one's reign is refused, and it has no tokens any more")
  func pause() async throws {
    try await FencingWorkers.run(5) { workers in
      for _ in 0..<2 {
        try await workers.until { $0.hasActed(times: 3, above: 0) }
        let (paused, stale) = try await workers.pauseNextCoordinator()
        try await workers.until { $0.hasActed(times: 20, above: stale.epoch) }
        let drawn = workers.drawn.count
        try workers.resume(paused)
        try await workers.until { ($0.resource.refused + $0.resource.accepted.suffix(100)).contains(stale) }
        #expect(workers.resource.refused.contains(stale))
        // The one that was paused as well; it may be the next coordinator again.
        try await workers.until { $0.allFollowOne }
        #expect(!workers.drawn.dropFirst(drawn).contains { $0.epoch <= stale.epoch })
      }
      // Of all tokens, also of those that were never shown or were refused.
      let reigns = Dictionary(grouping: workers.drawn, by: \.epoch)
      #expect(reigns.count >= 3)
      #expect(reigns.values.allSatisfy { Set($0.map(\.coordinator)).count == 1 })
      #expect(Set(workers.drawn).count == workers.drawn.count)
    }
  }
}

/// Where actions take effect: it refuses whatever is below the highest token that it has seen.
private struct GuardedResource {
  private(set) var accepted: [FencingToken] = []
  private(set) var refused: [FencingToken] = []

  mutating func take(_ token: FencingToken) {
    guard accepted.last.map({ $0 <= token }) ?? true else { return refused.append(token) }
    accepted.append(token)
  }
}

/// Processes of `FencingWorker`, and what they have told. All that they say is taken one line after the other.
private final class FencingWorkers {
  private(set) var resource = GuardedResource()
  /// All tokens that were drawn, in the order in which that was heard of.
  private(set) var drawn: [FencingToken] = []
  private var programs: [String: RunningProgram] = [:]
  private var addresses: [String: String] = [:]
  private var followed: [String: UInt64] = [:]
  private var holdsNext = false
  private var held: (name: String, token: FencingToken)?
  private var lines: AsyncStream<(String, String?)>.Iterator

  private init(_ lines: AsyncStream<(String, String?)>) { self.lines = lines.makeAsyncIterator() }

  /// Starts so many, one after another, all through the first, and ends them after `body`.
  static func run(_ count: Int, _ body: (FencingWorkers) async throws -> Void) async throws {
    try await withFolder { folder in
      let (lines, continuation) = AsyncStream.makeStream(of: (String, String?).self)
      let workers = FencingWorkers(lines)
      let environment = ["SHOAL_KEY": try ClusterKey.generate().base64]
      do {
        for number in 0..<count {
          let (name, path) = ("worker-\(number)", "\(folder)/\(number)")
          let command = [BuiltPrograms.path(of: "FencingWorker"), name, path + ".state"]
          workers.programs[name] = try RunningProgram(
            command + (workers.addresses["worker-0"].map { [$0] } ?? []), environment: environment,
            errors: path + ".log"
          ) { continuation.yield((name, $0)) }
          try await workers.until { $0.addresses[name] != nil }
        }
        try await body(workers)
      } catch {
        for number in 0..<count {
          if let log = try? String(contentsOfFile: "\(folder)/\(number).log", encoding: .utf8) {
            print("worker-\(number):\n\(log.suffix(2_000))")
          }
        }
        await workers.end()
        throw error
      }
      await workers.end()
    }
  }

  private func end() async {
    for program in programs.values { await program.end() }
  }

  /// Listens until something holds.
  func until(_ condition: (FencingWorkers) -> Bool) async throws {
    while !condition(self) {
      let next = await lines.next(isolation: #isolation)
      let (name, line) = try #require(next, "the test was cancelled")
      let words = try #require(line, "\(name) has ended").split(separator: " ", maxSplits: 1).map(String.init)
      try hear(words[0], words[1], from: name)
    }
  }

  private func hear(_ word: String, _ rest: String, from name: String) throws {
    switch word {
    case "listening": addresses[name] = rest
    case "follows": followed[name] = UInt64(rest)
    case "drawn":
      let token = try JSONDecoder().decode(FencingToken.self, from: Data(rest.utf8))
      drawn.append(token)
      guard holdsNext else { return try step(name) }
      holdsNext = false
      held = (name, token)
    case "acts": resource.take(try JSONDecoder().decode(FencingToken.self, from: Data(rest.utf8)))
    default: Issue.record("\(name) said \(word) \(rest)")
    }
  }

  private func step(_ name: String) throws { try programs[name]?.write("go on") }

  /// Whether the latest reign is above this epoch, and that many of its actions were accepted.
  func hasActed(times count: Int, above epoch: UInt64) -> Bool {
    guard let latest = resource.accepted.last?.epoch, latest > epoch else { return false }
    return resource.accepted.suffix(count).filter { $0.epoch == latest }.count == count
  }

  /// Whether they all follow the reign in which was acted last.
  var allFollowOne: Bool {
    followed.count == programs.count && Set(followed.values) == Set(resource.accepted.suffix(1).map(\.epoch))
  }

  /// Waits for the next token, and stops the process that has drawn it before it acts.
  func pauseNextCoordinator() async throws -> (name: String, token: FencingToken) {
    held = nil
    holdsNext = true
    try await until { $0.held != nil }
    let held = try #require(held)
    programs[held.name]?.pause()
    return held
  }

  func resume(_ name: String) throws {
    try step(name)
    programs[name]?.resume()
  }
}
