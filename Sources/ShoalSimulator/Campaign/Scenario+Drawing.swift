import ShoalCore

extension Scenario {
  /// Draws a scenario: mostly small clusters, where rare cases are frequent, and a handful of faults within two minutes.
  public init(seed: UInt64) {
    var random = PRNG(seed: StableHash.combine(seed, 0x5343_454E_4152_494F))
    let count = Self.sizes[random.below(Self.sizes.count)]
    self.seed = seed
    nodeCount = count
    seedCount = min(count, 1 + random.below(3))
    let isFast = random.below(4) == 0
    conditions = Self.drawConditions(isNear: isFast, random: &random)
    configuration = Self.drawConfiguration(isFast: isFast, random: &random)
    steps = Self.drawSteps(count: count, random: &random)
  }

  private static let sizes = [1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12, 16, 24]
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

  private static func drawConfiguration(isFast: Bool, random: inout PRNG) -> CoreConfiguration {
    var configuration = isFast ? CoreConfiguration.local : .lan
    // Real tombstones live for a day; short ones show what happens when they are reaped.
    if random.below(2) == 0 { configuration.membership.tombstoneLifetime = .seconds(20 + random.below(60)) }
    return configuration
  }

  private static func drawSteps(count: Int, random: inout PRNG) -> [Step] {
    var steps: [Step] = []
    func name(_ random: inout PRNG) -> String { "node-\(random.below(count))" }
    for late in 0..<random.below(3) {
      steps.append(Step(time: time(&random), action: .join("late-\(late)")))
    }
    for _ in 0..<2 + random.below(7) {
      let start = time(&random)
      switch random.below(12) {
      case 0...1: steps.append(Step(time: start, action: .crash(name(&random))))
      case 2: steps.append(Step(time: start, action: .cutPower(name(&random))))
      case 3...4: steps.append(Step(time: start, action: .restart(name(&random))))
      case 5...6:
        let paused = name(&random)
        // From a garbage collection to far beyond any suspicion.
        let length = Duration.milliseconds(100 << random.below(10))
        steps.append(Step(time: start, action: .pause(paused)))
        steps.append(Step(time: start + length, action: .resume(paused)))
      case 7...8: steps.append(Step(time: start, action: .leave(name(&random))))
      case 9: steps.append(Step(time: start, action: .setTags(name(&random))))
      case 10: steps.append(Step(time: start, action: .renewSalt(name(&random))))
      default:
        let side = (0..<count).filter { _ in random.below(2) == 0 }.map { "node-\($0)" }
        steps.append(Step(time: start, action: .split(side)))
        steps.append(Step(time: start + .milliseconds(500 + random.below(60_000)), action: .heal))
      }
    }
    // The standard sort is stable, so steps of one instant keep the order in which they were drawn.
    return steps.sorted { $0.time < $1.time }
  }

  private static func time(_ random: inout PRNG) -> Duration { .milliseconds(random.below(90_000)) }
}
