import Foundation
import ShoalSimulator
import Testing

// SIMULATOR: begin map
/// Which node owns which shard: our own code. It knows of Shoal only what it is told, who joined and who is gone.
struct ShardMap {
  static let shardCount = 64
  private var members: [NodeID: Member] = [:]

  mutating func apply(_ event: NodeEvent) {
    guard let member = event.member else { return }
    switch event.kind {
    case .joined, .updated, .metadataChanged, .recovered, .admitted: members[member.id] = member
    // By NodeID, not by name: a restarted process has its name again, and its predecessor leaves after it has joined.
    case .died, .left: members[member.id] = nil
    case .suspected, .reaped, .isolated, .isolationEnded, .joinFailed, .coordinatorChanged, .stopped: break
    }
  }

  /// Rendezvous hashing: the member whose hash with this shard is highest. Only the shards of those who go move.
  func owner(of shard: Int) -> String? {
    members.values.max { weight($0, shard) < weight($1, shard) }?.name
  }

  private func weight(_ member: Member, _ shard: Int) -> UInt64 {
    var hash = UInt64(shard) &+ 0x9E37_79B9_7F4A_7C15
    for byte in member.name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash ^ hash >> 29
  }
}
// SIMULATOR: end map

/// The code that docs/SIMULATOR.md shows, compiled and run as it stands there.
@Suite struct ShardMapExampleTests {
  // SIMULATOR: begin test
  @Test("every shard has one owner that runs, once the cluster has healed", arguments: 1...20)
  func shardsHaveOwners(seed: UInt64) {
    let world = World(seed: seed)
    var maps: [String: ShardMap] = [:]
    world.onEvent = { _, event in
      // A process learns first of itself, and then of the others.
      if event.kind == .joined, event.member?.name == event.node { maps[event.node] = ShardMap() }
      maps[event.node]?.apply(event)
    }

    world.start(8)
    world.run(until: \.isOneView, limit: .seconds(30))
    world.order([
      .at(.seconds(40), .crash("node-3")),
      .from(.seconds(45), for: .seconds(20), .split([["node-1", "node-2"]])),
      .from(.seconds(50), for: .seconds(30), .loss(.all, percent: 20)),
      .from(.seconds(60), for: .seconds(15), .pause("node-5")),
      .at(.seconds(70), .restart("node-3")),
    ])
    world.run(to: .seconds(90))
    world.healEverything()
    #expect(world.run(until: \.isOneView, limit: .seconds(60)) != nil)

    for shard in 0..<ShardMap.shardCount {
      let owners = Set(world.admitted.map { maps[$0]?.owner(of: shard) })
      #expect(owners.count == 1, "shard \(shard) of seed \(seed) is owned by \(owners)")
      #expect(owners.allSatisfy { world.admitted.contains($0 ?? "nobody") })
    }
    #expect(world.violations.isEmpty)
  }
  // SIMULATOR: end test

  @Test("the example in the simulator's page is the one above", arguments: ["map", "test"])
  func page(part: String) throws {
    let source = try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8).components(separatedBy: "\n")
    let begin = try #require(source.firstIndex { $0.hasSuffix("// SIMULATOR: begin \(part)") })
    let end = try #require(source.firstIndex { $0.hasSuffix("// SIMULATOR: end \(part)") })
    let indent = source[begin].prefix { $0 == " " }.count
    let example = source[(begin + 1)..<end].map { $0.dropFirst(min(indent, $0.count)) }.joined(separator: "\n")
    let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    let page = try String(contentsOf: root.appendingPathComponent("docs/SIMULATOR.md"), encoding: .utf8)
    #expect(!example.isEmpty)
    #expect(page.contains("```swift\n\(example)\n```"))
  }
}
