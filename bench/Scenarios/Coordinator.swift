import ArgumentParser
package import ShoalCore
import ShoalSimulator

/// The coordinator crashes.
package struct Coordinator: BenchScenario {
  package static let name = "coordinator"
  package static let metrics: [Metric] = [
    .firstDead, .deadEverywhere, .timeToNextReign, .timeToOneCoordinator, .takeover, .overlap,
  ]
  package static let charts: [ChartKind] = [.timeline, .verdicts, .packets, .bytes]

  let crash: CrashName
  /// How many nodes vote, the first ones; nil without a quorum.
  let quorum: Int?
  /// In seconds; nil for the default.
  let lease: Double?

  /// With fewer than three there is no majority any more once one has crashed.
  static let quorumSizes = 3...Quorum.seatLimit
  static let leases = 0.2...60.0
  static let limit = Duration.seconds(600)
  /// A second reign that is not meant to be shows within this.
  static let aftermath = Duration.seconds(5)

  package var optionValues: [(name: String, value: OptionValue)] {
    [("crash", .text(crash.rawValue))] + (quorum.map { [("quorum", .number(Double($0)))] } ?? [])
      + (lease.map { [("lease", .number($0))] } ?? [])
  }

  package func configure(_ configuration: inout CoreConfiguration) {
    if let quorum { configuration.coordination.quorum = .voters(Set((0..<quorum).map { "node-\($0)" })) }
    if let lease { configuration.coordination.leaseTime = .milliseconds(Int((lease * 1_000).rounded())) }
  }

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
      Time counts from the crash; takeover is what comes on top of detection. With a quorum what is left of the last one's lease is part
      of it: --lease shows how much.
      Example: shoal-bench coordinator --nodes 1000 --runs 30 --expect 'takeover.max<=0.5'
      Example: shoal-bench coordinator --nodes 100 --runs 30 --quorum 5 --lease 2 --expect 'overlap.max==0'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "mute: the machine falls silent; killed: it refuses connections to the port.")
  var crash = CrashName.mute

  @Option(
    parsing: .unconditional,
    help: "How many nodes vote, the first ones, the one that crashes among them; 3 to 31. Default: no quorum.")
  var quorum: Int?

  @Option(
    parsing: .unconditional,
    help: "With --quorum: for how many seconds voters promise to grant nobody else; 0.2 to 60. Default: 2.")
  var lease: Double?

  func makeScenario() throws -> Coordinator {
    if let quorum {
      let nodes = options.nodes ?? Coordinator.defaultNodes
      guard Coordinator.quorumSizes.contains(quorum) else {
        throw ValidationError(
          "--quorum must be 3 to \(Quorum.seatLimit), but is \(quorum): most of the voters must be left when one has crashed"
        )
      }
      guard quorum <= nodes else {
        throw ValidationError("--quorum is \(quorum), but there are only \(nodes) nodes; give 3 to \(nodes)")
      }
    }
    if let lease {
      guard quorum != nil else { throw ValidationError("--lease is for --quorum: without one there are no leases") }
      guard Coordinator.leases.contains(lease) else {
        throw ValidationError("--lease must be 0.2 to 60 seconds, but is \(Text.plain(lease))")
      }
    }
    return Coordinator(crash: crash, quorum: quorum, lease: lease)
  }
}
