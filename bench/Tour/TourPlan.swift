import Foundation

/// What a tour shows, chosen so that it takes two minutes, and five with memberlist beside it.
package struct TourPlan: Sendable {
  /// How many real nodes run on this machine.
  package let nodes: Int
  package let parts: [Part]
  /// What is left out, and how to get it; nil when nothing is.
  package let missing: String?

  /// So many real nodes share a core without getting into each other's way.
  private static let nodesPerCore = 150
  private static let sizes = 20...1_000
  private static let simulatedNodes = 1_000
  private static let rivalNodes = 50
  /// Of the rival's scenarios those that are short; at rest it takes minutes until it has shown all that it sends.
  private static let rivalScenarios = ["converge", "crash-mute", "leave", "disseminate"]

  /// As many real nodes as the machine has room for.
  ///
  /// - Parameter busy: the share of its CPU time that other programs take, 0 to 1. Nodes that get too little of it never come to one
  ///   view.
  package static func fit(cores: Int, busy: Double, memory: UInt64, files: Int) -> Int {
    let free = Int((Double(cores * nodesPerCore) * (1 - busy)).rounded())
    var nodes = min(free, FileLimit.nodes(files: files), sizes.upperBound)
    while nodes > sizes.lowerBound, MemoryEstimate.loopback(nodes: nodes) > memory / 4 { nodes /= 2 }
    return max(sizes.lowerBound, nodes / 10 * 10)
  }

  /// - Parameters:
  ///   - nodes: how many real nodes run.
  ///   - hasRival: whether memberlist is built.
  package init(nodes: Int, hasRival: Bool) {
    self.nodes = nodes
    let real = "--nodes \(nodes) --runs 1 --transport loopback"
    let simulated = "--nodes \(Self.simulatedNodes)"
    let own = [
      Part("micro", "What single steps of a node cost", .micro(countsInstructions: false), seconds: 12),
      Part("ceiling", "How many sealed pings one core answers", .ceiling(rounds: 3), seconds: 10),
      Part(
        "message", "How many messages two nodes exchange", .message(rounds: 1, seconds: 0.5), seconds: 15),
      Part(
        "simulated-update", "\(Self.simulatedNodes) simulated nodes: an update spreads",
        .scenario("disseminate \(simulated) --runs 5"), seconds: 12),
      Part(
        "simulated-crash", "\(Self.simulatedNodes) simulated nodes: one crashes",
        .scenario("detect \(simulated) --runs 10"), seconds: 20),
      Part(
        "simulated-rest", "\(Self.simulatedNodes) simulated nodes at rest", .scenario("steady \(simulated) --runs 1"),
        seconds: 10),
      Part("join", "\(nodes) real nodes join through one seed", .scenario("converge \(real)"), seconds: 6),
      Part("rest", "\(nodes) real nodes at rest", .scenario("steady \(real) --duration 20"), seconds: 46),
      Part("crash", "\(nodes) real nodes: one falls silent", .scenario("detect \(real)"), seconds: 18),
    ]
    let rival = Part(
      "memberlist", "\(Self.rivalNodes) nodes of Shoal beside \(Self.rivalNodes) of memberlist",
      .rival(RivalRun(nodes: Self.rivalNodes, pairs: 1, spares: 0, busyLimit: 1, scenarios: Self.rivalScenarios)),
      seconds: 160)
    parts = own + (hasRival ? [rival] : [])
    missing = hasRival ? nil : "memberlist beside it is left out: \(RivalRun.howToGetIt)"
  }

  /// What a person reads before it begins.
  package var announcement: String {
    let steps = parts.enumerated().map { number, part in
      ["  \(number + 1)", part.title, Text.roughly(.seconds(part.seconds))]
    }
    return
      (["This takes about \(Text.roughly(parts.duration)):", Table(rows: steps).aligned] + [missing].compactMap(\.self))
      .joined(separator: "\n")
  }
}
