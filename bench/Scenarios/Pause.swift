import ArgumentParser
import ShoalSimulator

/// One member stands still for a while, and goes on.
package struct Pause: BenchScenario {
  package static let name = "pause"
  package static let metrics: [Metric] = [.survived, .falseDeaths, .timeToOneView]

  let seconds: Double
  let kind: PauseName

  /// A verdict that was under way when the member went on falls within this.
  static let aftermath = Duration.seconds(90)
  static let limit = Duration.seconds(600)

  package var optionValues: [(name: String, value: OptionValue)] {
    [("duration", .number(seconds)), ("kind", .text(kind.rawValue))]
  }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let name = cluster.pickOne()
    world.beginMeasuring()
    cluster.beginRecording()
    let place = cluster.watchMember(name)
    cluster.afflict([name])
    world.order([.from(world.now, for: .seconds(seconds), kind.fault(of: .named([name])))])
    world.run(for: .seconds(seconds))
    cluster.mark("goes on")
    let settled = cluster.timeToLastingView(calm: Self.aftermath, limit: Self.limit)
    var samples = Samples()
    samples.add(.survived, cluster.measured.members[place].deadAt.isEmpty ? 1 : 0)
    samples.add(.falseDeaths, cluster.measured.falseDeaths)
    samples.add(.timeToOneView, settled)
    return samples
  }
}

/// How a member stands still.
enum PauseName: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
  /// As by SIGSTOP: its kernel still accepts connections.
  case process
  /// As a virtual machine that is stopped: nothing answers.
  case freeze

  func fault(of nodes: Nodes) -> Fault {
    switch self {
    case .process: .pause(nodes)
    case .freeze: .freeze(nodes)
    }
  }
}

struct PauseCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Pause.name,
    abstract: "One member stands still: does it survive?",
    discussion: "Example: shoal-bench pause --duration 9 --kind process --runs 60 --expect 'survived.mean==1'")

  @OptionGroup var options: RunOptions

  @Option(help: "How many seconds it stands still.")
  var duration = 5.0

  @Option(help: "process: as by SIGSTOP, its kernel goes on; freeze: as a virtual machine, nothing answers.")
  var kind = PauseName.process

  func makeScenario() throws -> Pause {
    guard (0.001...3_600).contains(duration) else {
      throw ValidationError("--duration must be 0.001 to 3,600 seconds, but is \(duration)")
    }
    return Pause(seconds: duration, kind: kind)
  }
}
