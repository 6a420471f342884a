import ArgumentParser
import ShoalSimulator

/// Members crash and newcomers join, all the time.
package struct Churn: BenchScenario {
  package static let name = "churn"
  package static let metrics: [Metric] = [
    .deadEverywhere, .falseDeaths, .timeToOneView, .packetsPerNodeSecond, .bytesPerNodeSecond,
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
    world.beginMeasuring()
    cluster.beginRecording()
    let before = world.traffic
    for round in 0..<seconds / Self.interval {
      let victim = cluster.pickOne()
      _ = cluster.watchMember(victim)
      world.crash(victim, .power)
      world.join("newcomer-\(round)", through: ["node-0"])
      world.run(for: .seconds(Self.interval))
    }
    cluster.mark("nobody comes or goes any more")
    let sent = world.traffic.since(before)
    let settled = world.run(until: \.isOneView, limit: Self.limit)
    var samples = Samples()
    // Without one view, whoever still holds a victim living will never tell when that ended.
    for watch in cluster.measured.members { samples.add(.deadEverywhere, settled == nil ? nil : watch.lastDead) }
    samples.add(.falseDeaths, cluster.measured.falseDeaths)
    samples.add(.timeToOneView, settled)
    let nodeSeconds = Double(cluster.nodes * seconds)
    samples.add(.packetsPerNodeSecond, Double(sent.packets) / nodeSeconds)
    samples.add(.bytesPerNodeSecond, Double(sent.bytes) / nodeSeconds)
    return samples
  }
}

struct ChurnCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Churn.name,
    abstract: "One dies and one joins every 2 s: dead everywhere, false verdicts, traffic, time to one view after it.",
    discussion: "Example: shoal-bench churn --nodes 200 --duration 120 --expect 'false_deaths.max==0'")

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
