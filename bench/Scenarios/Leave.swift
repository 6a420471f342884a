import ArgumentParser
import ShoalSimulator

/// One member says goodbye and goes.
package struct Leave: BenchScenario {
  package static let name = "leave"
  package static let metrics: [Metric] = [.leftEverywhere, .falseDeaths]

  static let limit = Duration.seconds(60)
  /// Whoever has missed the goodbye takes the member for dead within this.
  static let aftermath = Duration.seconds(10)

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let name = cluster.pickOne()
    world.beginMeasuring()
    cluster.beginRecording(window: .milliseconds(500))
    let place = cluster.watchMember(name)
    world.leave(name)
    let known = world.run(until: { $0.everyone(holds: name, as: .left) }, limit: Self.limit)
    world.run(for: Self.aftermath)
    var samples = Samples()
    samples.add(.leftEverywhere, known)
    // It runs no more when somebody buries it, and is wrongly held dead all the same.
    samples.add(
      .falseDeaths, cluster.measured.falseDeaths + (cluster.measured.members[place].deadAt.isEmpty ? 0 : 1))
    return samples
  }
}

struct LeaveCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Leave.name,
    abstract: "One member says goodbye and goes: until everybody has heard it, and whether anybody takes it for dead.",
    discussion: "Example: shoal-bench leave --nodes 500 --loss 0.05 --expect 'false_deaths.max==0'")

  @OptionGroup var options: RunOptions

  func makeScenario() -> Leave { Leave() }
}
