import ArgumentParser
import ShoalSimulator

/// The network falls into two parts, and heals.
package struct Split: BenchScenario {
  package static let name = "split"
  package static let metrics: [Metric] = [.timeToOneView]
  package static let defaultRuns = 3
  package static let minimumNodes = 4

  let seconds: Int

  /// The smaller part, in percent of the nodes.
  static let minority = 30
  /// One view counts when it lasts so long.
  static let aftermath = Duration.seconds(10)
  static let limit = Duration.seconds(600)

  package var optionValues: [(name: String, value: OptionValue)] { [("duration", .number(Double(seconds)))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    cluster.beginRecording()
    world.split(cluster.pick(cluster.nodes * Self.minority / 100))
    world.run(for: .seconds(seconds))
    world.heal()
    cluster.mark("healed")
    var samples = Samples()
    samples.add(.timeToOneView, cluster.timeToLastingView(calm: Self.aftermath, limit: Self.limit))
    return samples
  }
}

struct SplitCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Split.name,
    abstract: "30 % of the nodes are cut off, then the network heals: time to one view from then on.",
    discussion: "Example: shoal-bench split --nodes 1000 --duration 60 --expect 'time_to_one_view.max<=5'")

  @OptionGroup var options: RunOptions

  @Option(help: "How many seconds the split lasts.")
  var duration = 60

  func makeScenario() throws -> Split {
    guard (1...86_400).contains(duration) else {
      throw ValidationError("--duration must be 1 to 86,400 seconds, but is \(duration)")
    }
    return Split(seconds: duration)
  }
}
