/// Everything that the page of results is made of.
package enum ResultsPlan {
  static let joinSizes = [100, 300, 1_000, 5_000]
  static let restNodes = 1_000
  static let rivalSizes = [50, 100, 200, 500]
  static let crashSizes = [100, 300]
  static let crashes = [CrashName.mute, .killed]
  private static let pairs = 5

  package static let parts: [Part] =
    [
      Part("micro", "single steps", .micro(countsInstructions: true), seconds: 120),
      Part("ceiling", "sealed pings on one core", .ceiling(rounds: 7), seconds: 20),
      Part(
        "message", "messages beside plain SwiftNIO", .message(rounds: 7, seconds: MessageRun.usualSeconds),
        seconds: 120),
    ] + joins + [rest] + detections + rivals

  /// The part of this name, or else those whose names begin so.
  package static func parts(named name: String) -> [Part] {
    let exact = parts.filter { $0.name == name }
    return exact.isEmpty ? parts.filter { $0.name.hasPrefix(name) } : exact
  }

  static func join(_ nodes: Int) -> String { "join-\(nodes)" }
  static let restName = "rest-\(restNodes)"
  static func crash(_ nodes: Int, _ crash: CrashName, on transport: TransportName) -> String {
    "crash-\(crash.rawValue)-\(nodes)-\(transport.rawValue)"
  }
  static func rival(_ nodes: Int, _ scenario: String) -> String { "memberlist-\(nodes)-\(scenario)" }

  private static var joins: [Part] {
    joinSizes.map { nodes in
      let runs = nodes < 5_000 ? 5 : 1
      // At rest so many nodes take half of two cores: they start as in a deployment, one after the other.
      let over = nodes < 5_000 ? 0 : 600
      return Part(
        join(nodes), "\(nodes) real nodes join through one seed",
        .scenario("converge --nodes \(nodes)\(over > 0 ? " --over \(over)" : "") --runs \(runs) --transport loopback"),
        seconds: runs * (over + 2 + nodes / 50))
    }
  }

  private static var rest: Part {
    Part(
      restName, "\(restNodes) real nodes at rest",
      .scenario("steady --nodes \(restNodes) --runs 3 --duration 60 --transport loopback"), seconds: 3 * 95)
  }

  /// The same scenario on both transports. Where the crash falls within a probe period is chance, so that few runs say little.
  private static var detections: [Part] {
    crashSizes.flatMap { nodes in
      crashes.flatMap { crash in
        let line = "detect --nodes \(nodes) --crash \(crash.rawValue)"
        let runs = nodes <= 100 ? 40 : 20
        return [
          Part(
            Self.crash(nodes, crash, on: .simulated), "a crash in \(nodes) simulated nodes, \(crash.rawValue)",
            .scenario("\(line) --runs 200"), seconds: nodes / 4),
          Part(
            Self.crash(nodes, crash, on: .loopback), "a crash in \(nodes) real nodes, \(crash.rawValue)",
            .scenario("\(line) --runs \(runs) --transport loopback"), seconds: runs * 17),
        ]
      }
    }
  }

  private static var rivals: [Part] {
    rivalSizes.flatMap { nodes in
      RivalScenario.memberlist.filter { $0.name != RivalScenario.pings || nodes == rivalSizes[0] }.map { scenario in
        let run = RivalRun(nodes: nodes, pairs: pairs, scenarios: [scenario.name])
        return Part(
          rival(nodes, scenario.name), "\(nodes) nodes beside memberlist, \(scenario.name)",
          .rival(run), seconds: pairs * secondsForPair(scenario.name, nodes: nodes))
      }
    }
  }

  /// Both sides' runs of one scenario, forming included, about.
  private static func secondsForPair(_ scenario: String, nodes: Int) -> Int {
    switch scenario {
    case "steady": 60 + 2 * RivalScenario.syncInterval(nodes: nodes)
    case RivalScenario.pings: 20
    default: 60
    }
  }
}
