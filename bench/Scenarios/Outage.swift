import ArgumentParser
import ShoalSimulator

/// Every link drops, and comes back.
package struct Outage: BenchScenario {
  package static let name = "outage"
  package static let metrics: [Metric] = [.survived, .falseDeaths, .timeToOneView]
  package static let defaultNodes = 128

  let seconds: Double

  /// Verdicts that follow from the outage fall within this.
  private static let aftermath = Duration.seconds(90)
  private static let limit = Duration.seconds(600)

  package var optionValues: [(name: String, value: OptionValue)] { [("duration", .number(seconds))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    world.beginMeasuring()
    cluster.beginRecording()
    world.order([.from(world.now, for: .seconds(seconds), .cut(.all))])
    world.run(for: .seconds(seconds))
    cluster.mark("links are back")
    let settled = cluster.timeToLastingView(calm: Self.aftermath, limit: Self.limit)
    let dead = Set(cluster.measured.deaths.map(\.process)).count
    var samples = Samples()
    samples.add(.survived, 1 - Double(dead) / Double(cluster.nodes))
    samples.add(.falseDeaths, cluster.measured.falseDeaths)
    samples.add(.timeToOneView, settled)
    return samples
  }
}

struct OutageCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Outage.name,
    abstract: "Every link drops, then all return: who was declared dead, time to one view.",
    discussion: "Example: shoal-bench outage --nodes 128 --duration 12 --expect 'false_deaths.max==0'")

  @OptionGroup var options: RunOptions

  @Option(help: "For how many seconds nothing gets through.")
  var duration = 12.0

  func makeScenario() throws -> Outage {
    guard (0.001...3_600).contains(duration) else {
      throw ValidationError("--duration must be 0.001 to 3,600 seconds, but is \(duration)")
    }
    return Outage(seconds: duration)
  }
}
