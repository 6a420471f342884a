import ArgumentParser
import ShoalCore
import ShoalSimulator

/// The coordinator crashes.
package struct Coordinator: BenchScenario {
  package static let name = "coordinator"
  package static let metrics: [Metric] = [
    .firstDead, .deadEverywhere, .timeToNextReign, .timeToOneCoordinator, .takeover, .overlap,
  ]
  package static let charts: [ChartKind] = [.timeline, .verdicts, .packets, .bytes]

  let crash: CrashName

  static let limit = Duration.seconds(600)
  /// A second reign that is not meant to be shows within this.
  static let aftermath = Duration.seconds(5)

  package var optionValues: [(name: String, value: OptionValue)] { [("crash", .text(crash.rawValue))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    guard cluster.plan.configuration.coordination.isEnabled else {
      throw StepFailure(
        sentence: "With --preset \(cluster.plan.preset.rawValue) nobody ever coordinates; choose another.")
    }
    try cluster.form()
    try cluster.wait("one coordinator", limit: Self.limit, until: \.hasOneCoordinator)
    guard let victim = world.coordinators.first else {
      throw StepFailure(sentence: "One coordinates, and none is found that does.")
    }
    world.beginMeasuring()
    cluster.beginRecording(window: .milliseconds(500))
    let place = cluster.watchMember(victim)
    world.crash(victim, crash.kind)
    let crashedAt = world.now
    var watch = ReignWatch(since: crashedAt)
    let known = world.run(
      until: { world in
        watch.look(at: world)
        return world.hasOneCoordinator
      }, limit: Self.limit)
    let end = world.now + Self.aftermath
    world.run(
      until: { world in
        watch.look(at: world)
        return world.now >= end
      }, limit: Self.aftermath)
    cluster.recordVerdicts(on: place)
    let member = cluster.measured.members[place]
    var samples = Samples()
    samples.add(.firstDead, member.firstDead)
    samples.add(.deadEverywhere, member.lastDead)
    samples.add(.timeToNextReign, watch.firstReign)
    samples.add(.timeToOneCoordinator, known)
    samples.add(.takeover, known.flatMap { known in member.lastDead.map { max(.zero, known - $0) } })
    samples.add(.overlap, watch.overlap)
    return samples
  }
}

/// Counts, whenever a view has changed, how many coordinate.
private struct ReignWatch {
  private let since: Duration
  private var last: Duration
  private var count = 0
  /// When somebody first coordinated.
  private(set) var firstReign: Duration?
  /// How long more than one did.
  private(set) var overlap = Duration.zero

  init(since: Duration) {
    self.since = since
    last = since
  }

  mutating func look(at world: World) {
    if count > 1 { overlap += world.now - last }
    last = world.now
    count = world.coordinators.count
    if count > 0, firstReign == nil { firstReign = world.now - since }
  }
}

struct CoordinatorCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Coordinator.name,
    abstract: "The coordinator crashes: next reign, known to everybody, and whether two ever reigned at once.",
    discussion: """
      Time counts from the crash; takeover is what comes on top of detection.
      Example: shoal-bench coordinator --nodes 1000 --runs 30 --expect 'takeover.max<=0.5'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "mute: the machine falls silent; killed: it refuses connections to the port.")
  var crash = CrashName.mute

  func makeScenario() -> Coordinator { Coordinator(crash: crash) }
}
