public import ShoalCore

/// A story of faults, drawn from one seed: how many nodes, over which network, and what happens when.
public struct Scenario: Sendable, Hashable {
  public let seed: UInt64
  public let nodeCount: Int
  /// The first so many nodes are seeds to all.
  public let seedCount: Int
  public let configuration: CoreConfiguration
  /// The network until the healed phase, which loses nothing.
  public let conditions: NetworkConditions
  /// In the order of their times.
  public let steps: [Step]

  /// One thing that happens, if it can: what does not run cannot crash.
  public struct Step: Sendable, Hashable {
    /// Since the world began.
    public let time: Duration
    public let action: Action
  }

  public enum Action: Sendable, Hashable {
    case join(String)
    case crash(String)
    case cutPower(String)
    case restart(String)
    case pause(String)
    case resume(String)
    case leave(String)
    case setTags(String)
    case renewSalt(String)
    case split([String])
    case heal
  }

  /// After the last step everything is healed, and one view is due within this time.
  static let healedLimit = Duration.seconds(180)
  /// Then nothing happens for as long as tombstones live, if that is short, and this much longer.
  static let quietTime = Duration.seconds(70)
}

extension Scenario: CustomStringConvertible {
  /// What happens, one line a step.
  public var description: String {
    let network =
      "latency \(conditions.latency) + \(conditions.jitter), loss \(conditions.lossPerMillion / 10_000) %, "
      + "duplicates \(conditions.duplicatePerMillion / 10_000) %, spikes \(conditions.spikesPerMillion / 10_000) %"
    let head =
      "\(nodeCount) nodes, \(seedCount) seeds, \(network), probe interval \(configuration.detection.probeInterval), "
      + "tombstones \(configuration.membership.tombstoneLifetime)"
    return ([head] + steps.map { "\(Clock.text($0.time)) \($0.action)" }).joined(separator: "\n")
  }
}

extension Scenario.Action: CustomStringConvertible {
  public var description: String {
    switch self {
    case .join(let name): "join \(name)"
    case .crash(let name): "crash \(name)"
    case .cutPower(let name): "cut the power of \(name)"
    case .restart(let name): "restart \(name)"
    case .pause(let name): "pause \(name)"
    case .resume(let name): "resume \(name)"
    case .leave(let name): "leave \(name)"
    case .setTags(let name): "new tags for \(name)"
    case .renewSalt(let name): "new salt for \(name)"
    case .split(let names): "split off \(names.joined(separator: " "))"
    case .heal: "heal the split"
    }
  }
}
