import ArgumentParser
import ShoalSimulator

/// One member replaces its metadata, which gossip announces and everybody pulls.
package struct Metadata: BenchScenario {
  package static let name = "metadata"
  package static let metrics: [Metric] = [.t50, .t99, .t100, .ownerBytes, .totalBytes]
  package static let charts: [ChartKind] = [.metadata]

  let bytes: Int

  /// What has not come to everybody after this is counted as what never does.
  static let limit = Duration.seconds(60)

  package var optionValues: [(name: String, value: OptionValue)] { [("bytes", .number(Double(bytes)))] }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let owner = cluster.pickOne()
    let arrivals = Arrivals(at: world, of: owner)
    let before = (owner: world.traffic(of: owner), all: world.traffic)
    cluster.beginRecording()
    world.setMetadata((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31) }, of: owner)
    let others = cluster.nodes - 1
    let isDone = world.run(until: { _ in arrivals.after.count >= others }, limit: Self.limit)
    cluster.record(LearningCurve(learnedAfter: arrivals.after.map { $0 / .seconds(1) }, others: others))
    var samples = Samples()
    samples.add(.t50, arrivals.reached(percent: 50, of: others))
    samples.add(.t99, arrivals.reached(percent: 99, of: others))
    samples.add(.t100, isDone)
    samples.add(.ownerBytes, Double(world.traffic(of: owner).since(before.owner).bytes))
    samples.add(.totalBytes, Double(world.traffic.since(before.all).bytes))
    return samples
  }

  /// When each of the others had the bytes at hand, earliest first.
  private final class Arrivals {
    private(set) var after: [Duration] = []

    init(at world: World, of owner: String) {
      let start = world.now
      world.onEvent = { [self] world, event in
        guard event.kind == .metadataChanged, event.member?.name == owner, event.node != owner else { return }
        after.append(world.now - start)
      }
    }

    func reached(percent: Int, of count: Int) -> Duration? {
      let rank = (percent * count + 99) / 100
      return rank >= 1 && rank <= after.count ? after[rank - 1] : nil
    }
  }
}

struct MetadataCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Metadata.name,
    abstract: "One member replaces its metadata: time until 50, 99 and 100 % have it, and what its owner sends.",
    discussion: """
      Bytes are what the owner, and all nodes together, have sent until everybody had it.
      Example: shoal-bench metadata --nodes 1000 --bytes 60000 --without metadata-from-holders
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "How long the metadata is, 1 to 65,536 bytes.")
  var bytes = 60_000

  func makeScenario() throws -> Metadata {
    guard (1...65_536).contains(bytes) else {
      throw ValidationError("--bytes must be 1 to 65,536, but is \(bytes)")
    }
    return Metadata(bytes: bytes)
  }
}
