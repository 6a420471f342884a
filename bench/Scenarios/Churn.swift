import ArgumentParser
import ShoalSimulator

/// Members crash and newcomers join, all the time.
package struct Churn: BenchScenario {
  package static let name = "churn"
  package static let metrics: [Metric] = [
    .deadEverywhere, .falseDeaths, .timeToOneView, .coordinatorShare, .packetsPerNodeSecond, .bytesPerNodeSecond,
  ]
  package static let defaultRuns = 3
  package static let minimumNodes = 8

  let seconds: Int

  /// One dies and one joins once per interval.
  static let interval = 2
  static let limit = Duration.seconds(600)

  package var optionValues: [(name: String, value: OptionValue)] { [("duration", .number(Double(seconds)))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let coordinates = cluster.plan.configuration.coordination.isEnabled
    if coordinates {
      // Newcomers need it, so that it never crashes: somebody else coordinates, who may crash like all others.
      world.drain("node-0")
      try cluster.wait("one coordinator", limit: Self.limit, until: \.hasOneCoordinator)
    }
    world.beginMeasuring()
    cluster.beginRecording()
    let before = world.traffic
    var reign = FollowedReign(at: world.now)
    for round in 0..<seconds / Self.interval {
      let victim = cluster.pickOne()
      _ = cluster.watchMember(victim)
      world.crash(victim, .power)
      world.join("newcomer-\(round)", through: ["node-0"])
      reign.watch(world, for: .seconds(Self.interval))
    }
    cluster.mark("nobody comes or goes any more")
    let sent = world.traffic.since(before)
    let settled = world.run(until: \.isOneView, limit: Self.limit)
    var samples = Samples()
    // Without one view, whoever still holds a victim living will never tell when that ended.
    for watch in cluster.measured.members { samples.add(.deadEverywhere, settled == nil ? nil : watch.lastDead) }
    samples.add(.falseDeaths, cluster.measured.falseDeaths)
    samples.add(.timeToOneView, settled)
    if coordinates { samples.add(.coordinatorShare, reign.share) }
    let nodeSeconds = Double(cluster.nodes * seconds)
    samples.add(.packetsPerNodeSecond, Double(sent.packets) / nodeSeconds)
    samples.add(.bytesPerNodeSecond, Double(sent.bytes) / nodeSeconds)
    return samples
  }
}

/// Sums up, whenever a view has changed, for how long somebody coordinates whom most living members follow.
private struct FollowedReign {
  private let since: Duration
  private var last: Duration
  private var holds = true
  private var total = Duration.zero

  init(at now: Duration) {
    since = now
    last = now
  }

  var share: Double { last > since ? total / (last - since) : 1 }

  mutating func watch(_ world: World, for span: Duration) {
    let end = world.now + span
    look(at: world)
    world.run(
      until: { world in
        look(at: world)
        return world.now >= end
      }, limit: span)
  }

  private mutating func look(at world: World) {
    if holds { total += world.now - last }
    last = world.now
    holds = world.mostFollowACoordinator
  }
}

struct ChurnCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Churn.name,
    abstract:
      "One dies and one joins every 2 s: dead everywhere, false verdicts, time with a coordinator, traffic, time to one view after it.",
    discussion: """
      The first node, through which newcomers join, never dies; in virtual time it is drained beforehand, so that the coordinator may die
      like all others. coordinator_share is the share of the time in which somebody coordinated whom most living members followed.
      Example: shoal-bench churn --nodes 200 --duration 120 --expect 'false_deaths.max==0'
      Example: shoal-bench churn --nodes 200 --duration 300 --runs 2 --expect 'coordinator_share.mean>=0.99'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "For how many seconds members come and go.")
  var duration = 60

  func makeScenario() throws -> Churn {
    guard (2...86_400).contains(duration) else {
      throw ValidationError("--duration must be 2 to 86,400 seconds, but is \(duration)")
    }
    return Churn(seconds: duration)
  }
}
