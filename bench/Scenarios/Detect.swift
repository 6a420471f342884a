import ArgumentParser
import ShoalSimulator

/// One member crashes.
package struct Detect: BenchScenario {
  package static let name = "detect"
  package static let metrics: [Metric] = [.firstSuspect, .firstDead, .deadEverywhere, .falseDeaths]

  package static let charts: [ChartKind] = [.timeline, .verdicts, .packets, .bytes]

  let crash: CrashName

  static let limit = Duration.seconds(600)
  /// Verdicts that a death brings about by mistake show within this.
  static let aftermath = Duration.seconds(5)

  package var optionValues: [(name: String, value: OptionValue)] { [("crash", .text(crash.rawValue))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let victim = cluster.pickOne()
    world.beginMeasuring()
    cluster.beginRecording(window: .milliseconds(500))
    let place = cluster.watchMember(victim)
    world.crash(victim, crash.kind)
    let survivors = cluster.nodes - 1
    let isKnown = world.run(
      until: { ($0.measurement?.members[place].deadAt.count ?? 0) >= survivors }, limit: Self.limit)
    world.run(for: Self.aftermath)
    cluster.recordVerdicts(on: place)
    let watch = cluster.measured.members[place]
    var samples = Samples()
    samples.add(.firstSuspect, watch.firstSuspected)
    samples.add(.firstDead, watch.firstDead)
    samples.add(.deadEverywhere, isKnown)
    samples.add(.falseDeaths, cluster.measured.falseDeaths)
    return samples
  }
}

/// How a process goes.
enum CrashName: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
  /// The machine falls silent.
  case mute
  /// The machine goes on and refuses connections to the port.
  case killed

  var kind: World.CrashKind {
    switch self {
    case .mute: .power
    case .killed: .process
    }
  }
}

struct DetectCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Detect.name,
    abstract: "One member crashes: first suspicion, first verdict, dead everywhere.",
    discussion: """
      The first suspicion is the first at any living node, be it private still.
      Example: shoal-bench detect --nodes 1000 --runs 30 --crash killed --expect 'dead_everywhere.p50<=0.9'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "mute: the machine falls silent; killed: it refuses connections to the port.")
  var crash = CrashName.mute

  func makeScenario() -> Detect { Detect(crash: crash) }
}
