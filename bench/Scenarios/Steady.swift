import ArgumentParser
import ShoalSimulator

/// Nothing happens. Every node of every run is a sample, so that the greatest value is the busiest node's.
package struct Steady: BenchScenario {
  package static let name = "steady"
  package static let metrics: [Metric] = [.packetsPerNodeSecond, .bytesPerNodeSecond]
  package static let charts: [ChartKind] = [.bytes, .packets]
  package static let defaultRuns = 3
  package static let minimumNodes = 1

  let seconds: Int

  package var optionValues: [(name: String, value: OptionValue)] { [("duration", .number(Double(seconds)))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    cluster.beginRecording()
    let before = world.nodes.map(\.traffic)
    world.run(for: .seconds(seconds))
    var samples = Samples()
    for (node, earlier) in zip(world.nodes, before) {
      let sent = node.traffic.since(earlier)
      samples.add(.packetsPerNodeSecond, Double(sent.packets) / Double(seconds))
      samples.add(.bytesPerNodeSecond, Double(sent.bytes) / Double(seconds))
    }
    return samples
  }
}

struct SteadyCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Steady.name,
    abstract: "Nothing happens: packets and bytes that each node sends.",
    discussion: """
      Every node is a sample: the mean is the cluster's, the greatest value the busiest node's.
      On loopback nodes are left alone for twenty probe periods before counting begins.
      Example: shoal-bench steady --nodes 1000 --expect 'bytes_per_node_second.mean<=190'
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "For how many seconds traffic is measured.")
  var duration = 20

  func makeScenario() throws -> Steady {
    guard (1...86_400).contains(duration) else {
      throw ValidationError("--duration must be 1 to 86,400 seconds, but is \(duration)")
    }
    return Steady(seconds: duration)
  }
}
