import ArgumentParser
import ShoalSimulator

/// All nodes start at once and join through one seed.
package struct Converge: BenchScenario {
  package static let name = "converge"
  package static let metrics: [Metric] = [.timeToOneView, .seedBytes, .totalBytes, .distinctSizes]

  private static let limit = Duration.seconds(600)

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    world.beginMeasuring()
    cluster.beginRecording(window: .milliseconds(20))
    world.start(cluster.nodes)
    var samples = Samples()
    samples.add(.timeToOneView, world.run(until: \.isOneView, limit: Self.limit))
    samples.add(.seedBytes, Double(world.traffic(of: "node-0").bytes))
    samples.add(.totalBytes, Double(world.traffic.bytes))
    samples.add(.distinctSizes, cluster.measured.distinctSizes)
    return samples
  }
}

struct ConvergeCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Converge.name,
    abstract: "All nodes join at once through one seed: time to one view, and bytes.",
    discussion: "Example: shoal-bench converge --nodes 1000 --runs 3 --expect 'time_to_one_view.p50<=5'")

  @OptionGroup var options: RunOptions

  func makeScenario() -> Converge { Converge() }
}
