import ShoalCore

/// Swarm testing (Groce et al. 2012): each scenario draws first which kinds of fault it may use at all, so that rare ones are not
/// always drowned by the rest.
extension Scenario {
  /// How long a drawn scenario lasts unless told otherwise, in ticks of 100 ms.
  public static let defaultTicks = 600

  /// Draws a scenario: mostly small clusters, where rare cases are frequent.
  ///
  /// - Parameters:
  ///   - ticks: how long faults go on, in ticks of 100 ms. Default 600: a minute.
  ///   - nodes: how many nodes, instead of a drawn number from 5 to 64. Above 64 seals are counted, not computed.
  public init(seed: UInt64, ticks: Int = Scenario.defaultTicks, nodes: Int? = nil) {
    var random = PRNG(seed: StableHash.combine(seed, 0x5343_454E_4152_494F))
    let drawnCount = Self.drawSize(&random)
    let count = max(2, nodes ?? drawnCount)
    let length = Self.tick * max(1, ticks)
    let (drawn, preset) = Self.drawConfiguration(&random)
    var configuration = drawn
    // Small, so that even small clusters have relays. Of a draw of its own, as messages are.
    configuration.messaging.broadcastFanOut = 2 << Int(StableHash.combine(seed, 0x4641_4E4F_5554) % 5)
    configuration.coordination.policy = Self.policies[Int(seed % UInt64(Self.policies.count))]
    let (quorum, keepsState) = Self.drawQuorum(seed: seed, nodes: count)
    configuration.coordination.quorum = quorum
    configuration.coordination.leaseTime = Self.leases[Int(seed % UInt64(Self.leases.count))]
    let isNear = configuration.detection.probeInterval < .seconds(1)
    let conditions = Self.drawConditions(isNear: isNear, random: &random)
    let seeds = min(count, 1 + random.below(3))
    var draw = FaultDraw(random: random, nodes: count, seeds: seeds, length: length)
    let operations = FaultDraw.operations(seed: seed, nodes: count, length: length)
    let faults = draw.faults() + operations.faults
    self.init(
      seed: seed, nodeCount: count, seedCount: seeds, configuration: configuration, preset: preset,
      conditions: conditions, sealing: count <= Self.sealedLimit ? .real : .counted, length: length,
      allowed: draw.allowed + operations.allowed, keepsState: keepsState, messages: MessageLoad.draw(seed: seed),
      notEligible: Self.drawExcluded(seed: seed, nodes: count), faults: faults)
  }

  /// Shorter and longer than it takes to find a death.
  private static let leases: [Duration] = [.seconds(2), .milliseconds(500), .seconds(10)]

  /// Half of all go without. Where the first names take the seats, their state files keep them.
  private static func drawQuorum(seed: UInt64, nodes: Int) -> (Quorum, keepsState: Bool) {
    var random = PRNG(seed: StableHash.combine(seed, 0x5155_4F52_554D))
    let (kind, size, keepsState) = (random.below(4), 1 + random.below(7), random.below(2) == 0)
    let seats = min(nodes, Quorum.seatLimit)
    return switch kind {
    case 0: (.voters(Set((0..<min(size, seats)).map { "node-\($0)" })), keepsState)
    case 1 where nodes == seats: (.expectedSize(seats), true)
    default: (.none, keepsState)
    }
  }

  /// Up to so many nodes seal for real.
  private static let sealedLimit = 64

  /// 5 to 64, small ones more often.
  private static func drawSize(_ random: inout PRNG) -> Int {
    switch random.below(16) {
    case 0...7: 5 + random.below(6)
    case 8...12: 8 + random.below(9)
    case 13...14: 16 + random.below(17)
    default: 32 + random.below(33)
    }
  }

  private static let losses = [0, 0, 0, 1, 2, 5, 10, 20]

  private static func drawConditions(isNear: Bool, random: inout PRNG) -> NetworkConditions {
    var conditions = NetworkConditions.lossy(percent: losses[random.below(losses.count)])
    if random.below(3) == 0 { conditions.duplicatePerMillion = 20_000 }
    if random.below(3) == 0 { conditions.spikesPerMillion = 10_000 }
    if !isNear, random.below(4) == 0 {
      conditions.latency = .milliseconds(20)
      conditions.jitter = .milliseconds(40)
    }
    return conditions
  }

  /// In every fourth scenario some nodes never coordinate, the first one among them in every eighth.
  private static func drawExcluded(seed: UInt64, nodes: Int) -> [String] {
    guard seed % 4 == 1 else { return [] }
    let first = seed % 8 == 1 ? 0 : 1
    return (0..<nodes).filter { $0 % 3 == first }.map { "node-\($0)" }
  }

  /// By the seed itself, so that nothing else is drawn otherwise.
  private static let policies: [CoordinatorPolicy] = [.oldest, .oldest, .highestID, .rendezvous(key: "campaign")]

  private static func drawConfiguration(_ random: inout PRNG) -> (CoreConfiguration, String) {
    var configuration: CoreConfiguration
    var preset: String
    switch random.below(8) {
    case 0: (configuration, preset) = (.classic, "classic")
    case 1...2: (configuration, preset) = (.local, "local")
    case 3...4:
      (configuration, preset) = (.lan, "lan without")
      for (name, feature) in Features.named where random.below(4) == 0 {
        configuration.features.remove(feature)
        preset += " \(name)"
      }
    default: (configuration, preset) = (.lan, "lan")
    }
    // Real tombstones live for a day; short ones show what happens when they are reaped.
    if random.below(4) != 0 { configuration.membership.tombstoneLifetime = .seconds(20 + random.below(60)) }
    return (configuration, preset)
  }
}
