public import ShoalCore

/// A story of faults: how many nodes, how configured, over which network, and what happens when. Drawn from one seed, or written.
///
/// ```swift
/// let scenario = Scenario(
///   seed: 1, nodes: 8,
///   faults: [
///     .at(.seconds(10), .crash("node-3")),
///     .from(.seconds(12), for: .seconds(5), .loss(.all, percent: 30)),
///   ])
/// let outcome = scenario.run()
/// ```
public struct Scenario: Sendable, Hashable {
  public let seed: UInt64
  public let nodeCount: Int
  /// The first so many nodes are seeds to all; one of them always stays.
  public let seedCount: Int
  public let configuration: CoreConfiguration
  /// Where the configuration comes from, for a person.
  public let preset: String
  /// The network until the healed phase, which loses nothing.
  public let conditions: NetworkConditions
  public let sealing: World.Sealing
  /// How long faults may begin, in virtual time; the healed phase follows.
  public let length: Duration
  /// Which kinds of fault this scenario may draw from; empty for a written one.
  public let allowed: [FaultKind]
  /// In the order of their beginnings.
  public let faults: [ScheduledFault]
  /// Whether processes keep what coordination must not forget over restarts.
  public let keepsState: Bool
  /// What nodes send each other while faults may begin; nil for nothing.
  public let messages: MessageLoad?
  /// Nodes that are configured never to coordinate.
  public let notEligible: [String]

  /// Everything begins to heal after `length`, and one view is due within this time: a member that was cut off again and again first
  /// proves its links for up to 300 s.
  static let healedLimit = Duration.seconds(420)
  /// Then nothing happens for as long as tombstones live, if that is short, and this much longer: a suspicion that began in the last
  /// moment of the faults has ended by then, which takes six times the classic window where one is used.
  var quietTime: Duration { holdsClassicWindows ? .seconds(60) : .seconds(20) }

  private var holdsClassicWindows: Bool {
    !configuration.features.contains(.shortWindow) || allowed.contains(.upgrade)
      || faults.contains { if case .upgrade = $0.fault { true } else { false } }
  }

  /// Tombstones that live longer are not waited for.
  static let awaitedLifetime = Duration.seconds(120)
  /// One tick of the clock by which campaigns are measured.
  public static let tick = Duration.milliseconds(100)

  /// A written scenario.
  public init(
    seed: UInt64, nodes: Int, seeds: Int = 1, configuration: CoreConfiguration = .lan,
    conditions: NetworkConditions = .lan, sealing: World.Sealing = .real, length: Duration = .seconds(60),
    keepsState: Bool = true, messages: MessageLoad? = nil, notEligible: [String] = [], faults: [ScheduledFault]
  ) {
    self.init(
      seed: seed, nodeCount: nodes, seedCount: seeds, configuration: configuration, preset: "written",
      conditions: conditions, sealing: sealing, length: length, allowed: [], keepsState: keepsState,
      messages: messages, notEligible: notEligible, faults: faults)
  }

  init(
    seed: UInt64, nodeCount: Int, seedCount: Int, configuration: CoreConfiguration, preset: String,
    conditions: NetworkConditions, sealing: World.Sealing, length: Duration, allowed: [FaultKind],
    keepsState: Bool, messages: MessageLoad?, notEligible: [String], faults: [ScheduledFault]
  ) {
    self.seed = seed
    self.nodeCount = nodeCount
    self.seedCount = seedCount
    self.configuration = configuration
    self.preset = preset
    self.conditions = conditions
    self.sealing = sealing
    self.length = length
    self.allowed = allowed
    self.keepsState = keepsState
    self.messages = messages
    self.notEligible = notEligible
    // The standard sort is stable, so faults of one instant keep the order in which they were written.
    self.faults = faults.sorted { $0.starts < $1.starts }
  }
}

extension Scenario: CustomStringConvertible {
  /// What was drawn and what happens, one line a fault.
  public var description: String {
    (options + faults.map(\.description)).joined(separator: "\n")
  }

  /// What was drawn, without the faults.
  public var options: [String] {
    let network =
      "latency \(Clock.text(conditions.latency)) + \(Clock.text(conditions.jitter)), loss \(conditions.lossPerMillion / 10_000) %, "
      + "duplicates \(conditions.duplicatePerMillion / 10_000) %, spikes \(conditions.spikesPerMillion / 10_000) %"
    let kinds = allowed.isEmpty ? "as written" : allowed.map(\.rawValue).joined(separator: " ")
    return [
      "\(nodeCount) nodes, \(seedCount) seeds, preset \(preset), tombstones "
        + "\(Clock.text(configuration.membership.tombstoneLifetime)), \(Clock.text(length)) of faults",
      "network: \(network)",
      coordinationText,
      messages.map { "messages: one every \(Clock.text($0.interval)) or many at once, up to \($0.largest) bytes" }
        ?? "no messages", "kinds of fault: \(kinds); \(faults.count) in all",
    ]
  }

  private var coordinationText: String {
    let coordination = configuration.coordination
    guard coordination.isEnabled else { return "no coordinator" }
    let quorum =
      switch coordination.quorum {
      case .none: "no quorum"
      case .voters(let names): "\(names.count) voters, lease \(Clock.text(coordination.leaseTime))"
      case .expectedSize(let size): "\(size) seats, lease \(Clock.text(coordination.leaseTime))"
      }
    return "coordinator: \(coordination.policy.name), \(quorum), \(keepsState ? "state files" : "no state files")"
      + (notEligible.isEmpty ? "" : ", never \(notEligible.joined(separator: " "))")
  }
}
