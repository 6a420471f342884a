import ArgumentParser
import ShoalSimulator

/// Updates spread: one by itself, or so many a second from drawn members.
package struct Disseminate: BenchScenario {
  package static let name = "disseminate"
  package static let metrics: [Metric] = [
    .t50, .t99, .t100, .transmissionsPerMember, .bytesPerMember, .packetsPerNodeSecond, .bytesPerNodeSecond,
  ]

  package static let charts: [ChartKind] = [.informed, .packets, .bytes]

  /// Updates a second; 0 for one update in all.
  let rate: Int
  /// For how long they come, and for how long traffic is measured before and from then on. Seconds.
  let seconds: Int

  /// An update that has not reached everybody after this is counted as one that never does.
  static let limit = Duration.seconds(60)

  package var optionValues: [(name: String, value: OptionValue)] {
    (rate == 0 ? [] : [("rate", .number(Double(rate)))]) + [("duration", .number(Double(seconds)))]
  }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let beforeRest = world.traffic
    world.run(for: .seconds(seconds))
    let rest = world.traffic.since(beforeRest)
    world.beginMeasuring()
    let before = world.traffic
    cluster.beginRecording()
    publish(in: cluster)
    let sent = world.traffic.since(before)
    let others = cluster.nodes - 1
    let isDone: (World) -> Bool = { world in
      world.measurement?.updates.allSatisfy { $0.learnedAfter.count >= others } ?? true
    }
    world.run(until: isDone, limit: Self.limit)
    cluster.recordUpdates()
    return samples(of: cluster.measured.updates, sent: sent, rest: rest, nodes: cluster.nodes)
  }

  /// Lets members publish, and `seconds` pass.
  private func publish(in cluster: SimulatedCluster) {
    guard rate > 0 else {
      _ = cluster.publishUpdate(at: cluster.pickOne(), value: 0)
      cluster.world.run(for: .seconds(seconds))
      return
    }
    for value in 0..<rate * seconds {
      _ = cluster.publishUpdate(at: cluster.pickOne(), value: value)
      cluster.world.run(for: .seconds(1) / rate)
    }
  }

  private func samples(of updates: [UpdateWatch], sent: Traffic, rest: Traffic, nodes: Int) -> Samples {
    var samples = Samples()
    let others = nodes - 1
    for update in updates {
      samples.add(.t50, update.known(percent: 50, of: others))
      samples.add(.t99, update.known(percent: 99, of: others))
      samples.add(.t100, update.known(percent: 100, of: others))
      samples.add(.transmissionsPerMember, Double(update.copies) / Double(others))
    }
    let extra = Double(sent.bytes) - Double(rest.bytes)
    samples.add(.bytesPerMember, extra / Double(nodes * updates.count))
    let nodeSeconds = Double(nodes * seconds)
    samples.add(.packetsPerNodeSecond, Double(sent.packets) / nodeSeconds)
    samples.add(.bytesPerNodeSecond, Double(sent.bytes) / nodeSeconds)
    return samples
  }
}

struct DisseminateCommand: ScenarioCommand {
  static let configuration = CommandConfiguration(
    commandName: Disseminate.name,
    abstract: "An update, or so many a second: time to 50, 99 and 100 %, copies and bytes.",
    discussion: """
      A copy is the update in a datagram or frame, lost ones included; 1 for each member is the least there can be. Bytes for each
      member are those beyond the traffic at rest, which is measured right before.
      Example: shoal-bench disseminate --nodes 1000 --rate 20 --duration 10
      """)

  @OptionGroup var options: RunOptions

  @Option(help: "Updates a second, each from another drawn member; 0 for one update in all.")
  var rate = 0

  @Option(help: "For how many seconds traffic is measured, and updates come when there is a rate.")
  var duration = 5

  func makeScenario() throws -> Disseminate {
    guard (0...1_000).contains(rate) else { throw ValidationError("--rate must be 0 to 1,000, but is \(rate)") }
    guard (1...3_600).contains(duration) else {
      throw ValidationError("--duration must be 1 to 3,600 seconds, but is \(duration)")
    }
    return Disseminate(rate: rate, seconds: duration)
  }
}
