import ArgumentParser
import ShoalCore
import ShoalSimulator

/// Rapid's experiments (§7): one in a hundred members crashes, or is in trouble, and the question is who is removed.
package struct Rapid: BenchScenario {
  package static let name = "rapid"
  package static let metrics: [Metric] = [.removed, .wronglyRemoved, .viewChanges]
  package static let defaultNodes = 1_000
  package static let defaultRuns = 1
  package static let minimumNodes = 10

  let trouble: TroubleName
  let seconds: Int

  private static let flapTime = Duration.seconds(20)
  private static let lossPercent = 80

  package var optionValues: [(name: String, value: OptionValue)] {
    [("case", .text(trouble.rawValue)), ("duration", .number(Double(seconds)))]
  }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let names = cluster.pick(max(1, cluster.nodes / 100))
    world.beginMeasuring()
    cluster.beginRecording(window: .seconds(5))
    cluster.afflict(names)
    let span = Duration.seconds(seconds)
    switch trouble {
    case .crash: for name in names { world.crash(name, .power) }
    case .flap:
      world.order([
        .from(world.now, for: span, .flap(.from(.everyone, to: .named(names)), down: Self.flapTime, up: Self.flapTime))
      ])
    case .loss: world.order([.from(world.now, for: span, .loss(.from(.named(names)), percent: Self.lossPercent))])
    }
    world.run(for: span)
    return samples(of: cluster, troubled: names)
  }

  private func samples(of cluster: SimulatedCluster, troubled: [String]) -> Samples {
    let measured = cluster.measured
    let healthy = cluster.world.nodes.filter { $0.isAdmitted && !measured.afflicted.contains($0.index) }
    var samples = Samples()
    samples.add(
      .removed,
      troubled.count { name in
        healthy.allSatisfy { cluster.world.status(of: name, at: $0.name)?.isLiving != true }
      })
    let wrongly = Set(measured.deaths.filter { $0.isFalse && $0.isHeldByHealthy }.map(\.process))
    samples.add(.wronglyRemoved, wrongly.count)
    for node in healthy {
      let index = Int(node.index)
      samples.add(.viewChanges, measured.viewChanges.indices.contains(index) ? measured.viewChanges[index] : 0)
    }
    return samples
  }
}

/// What happens to one member in a hundred.
enum TroubleName: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// They crash, all at once.
  case crash
  /// They hear nothing for 20 s, then everything for 20 s, and so on.
  case flap
  /// Of what they send 80 % is lost.
  case loss
}

struct RapidCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Rapid.name,
    abstract: "One in a hundred crashes, flaps or loses 80 %: who is removed, and how often views change.",
    discussion: """
      Removed are members in trouble that every healthy member holds dead in the end; wrongly removed are others whom a healthy member
      held dead at any time. View changes are those of each healthy node: as many as are removed is the least there can be.
      Example: shoal-bench rapid --case flap --expect 'wrongly_removed.max==0'
      """)

  @OptionGroup var options: RunOptions

  @Option(
    name: .customLong("case"),
    help: "crash: all at once; flap: hear nothing 20 s on, 20 s off; loss: 80 % of what they send.")
  var trouble = TroubleName.crash

  @Option(help: "How many seconds it lasts.")
  var duration = 900

  func makeScenario() throws -> Rapid {
    guard (1...86_400).contains(duration) else {
      throw ValidationError("--duration must be 1 to 86,400 seconds, but is \(duration)")
    }
    return Rapid(trouble: trouble, seconds: duration)
  }
}
