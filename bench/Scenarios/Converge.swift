import ArgumentParser
import ShoalSimulator

/// All nodes start, at once or evenly over a while, and join through one seed. Time counts from the last one's start.
package struct Converge: BenchScenario {
  package static let name = "converge"
  package static let metrics: [Metric] = [.timeToOneView, .seedBytes, .totalBytes, .distinctSizes]

  private static let limit = Duration.seconds(600)

  /// How long it takes until all have been started. Seconds.
  var over = 0

  package var optionValues: [(name: String, value: OptionValue)] {
    over == 0 ? [] : [("over", .number(Double(over)))]
  }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    world.beginMeasuring()
    cluster.beginRecording(window: .milliseconds(20))
    start(cluster.nodes, in: world)
    var samples = Samples()
    samples.add(.timeToOneView, world.run(until: \.isOneView, limit: Self.limit))
    samples.add(.seedBytes, Double(world.traffic(of: "node-0").bytes))
    samples.add(.totalBytes, Double(world.traffic.bytes))
    samples.add(.distinctSizes, cluster.measured.distinctSizes)
    return samples
  }

  private func start(_ nodes: Int, in world: World) {
    guard over > 0 else {
      world.start(nodes)
      return
    }
    world.start(1)
    for node in 1..<nodes {
      world.run(for: .seconds(over) / (nodes - 1))
      world.join("node-\(node)", through: ["node-0"])
    }
  }
}

struct ConvergeCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Converge.name,
    abstract: "All nodes join through one seed, at once or over a while: time to one view, and bytes.",
    discussion: """
      The time counts from the start of the last node.
      Example: shoal-bench converge --nodes 1000 --runs 3 --expect 'time_to_one_view.p50<=5'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "Start the nodes evenly over so many seconds, as a deployment does. 0: all at once.")
  var over = 0

  func makeScenario() throws -> Converge {
    guard (0...86_400).contains(over) else {
      throw ValidationError("--over must be 0 to 86,400 seconds, but is \(over)")
    }
    return Converge(over: over)
  }
}
