import ArgumentParser
import ShoalSimulator

/// Lifeguard's experiments (§V): some members stand still together, once or again and again, and a healthy one crashes meanwhile.
package struct Anomaly: BenchScenario {
  package static let name = "anomaly"
  package static let metrics: [Metric] = [
    .falseDeathsPerNodeHour, .falseDeathsAtHealthyPerNodeHour, .firstSuspect, .firstDead, .deadEverywhere,
  ]
  package static let charts: [ChartKind] = [.timeline, .verdicts, .views, .packets, .bytes]
  package static let defaultNodes = 128
  package static let minimumNodes = 4

  let blocked: Int
  let kind: AnomalyName
  /// For how long they stand still each time.
  let duration: Duration
  /// For how long they run in between; nil when they stand still once.
  let interval: Duration?

  /// For how long anomalies may begin; the last one then goes on to its end.
  private static let span = Duration.seconds(120)
  /// What those who stood still have to tell once they go on counts as well.
  private static let aftermath = Duration.seconds(10)
  /// The crash comes at a drawn instant of the middle.
  private static let crashAfter = Duration.seconds(30)
  private static let crashWithin = Duration.seconds(30)
  private static let limit = Duration.seconds(300)

  package var optionValues: [(name: String, value: OptionValue)] {
    guard blocked > 0 else { return [("blocked", .number(0))] }
    return [
      ("blocked", .number(Double(blocked))), ("kind", .text(kind.rawValue)),
      ("duration", .number(duration / .seconds(1))),
      ("interval", interval.map { .number($0 / .seconds(1)) } ?? .text("once")),
    ]
  }

  package func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples {
    let world = cluster.world
    try cluster.form()
    let names = cluster.pick(blocked)
    guard let victim = cluster.pick(1, besides: Set(names)).first else {
      throw StepFailure(sentence: "No healthy member is left that could crash.")
    }
    world.beginMeasuring()
    cluster.beginRecording()
    cluster.afflict(names)
    let began = world.now
    let anomalies = blocked > 0 ? anomalies(of: names, from: began) : []
    world.order(anomalies)
    world.run(for: Self.crashAfter + cluster.drawDuration(below: Self.crashWithin))
    cluster.mark("a healthy member crashes")
    let place = cluster.watchMember(victim)
    world.crash(victim, .power)
    let healthy = cluster.nodes - blocked - 1
    let isKnown: (World) -> Bool = { world in
      guard let measured = world.measurement else { return true }
      return measured.members[place].deadAt.count { !measured.afflicted.contains($0.process) } >= healthy
    }
    let found = world.run(until: isKnown, limit: Self.limit)
    let lastEnd = anomalies.last.map { $0.starts + ($0.lasts ?? .zero) } ?? began
    world.run(to: max(began + Self.span, lastEnd + Self.aftermath))
    cluster.recordVerdicts(on: place)
    return samples(of: cluster.measured, place: place, found: found, nodeHours: hours(world.now - began, cluster.nodes))
  }

  /// Every time at which they stand still, all of them together.
  private func anomalies(of names: [String], from began: Duration) -> [ScheduledFault] {
    let fault = kind.fault(of: .named(names))
    guard let interval else { return [.from(began, for: duration, fault)] }
    var ordered: [ScheduledFault] = []
    var start = began
    while start - began < Self.span {
      ordered.append(.from(start, for: duration, fault))
      start += duration + interval
    }
    return ordered
  }

  private func samples(of measured: Measurement, place: Int, found: Duration?, nodeHours: Double) -> Samples {
    var samples = Samples()
    samples.add(.falseDeathsPerNodeHour, Double(measured.falseDeaths) / nodeHours)
    samples.add(.falseDeathsAtHealthyPerNodeHour, Double(measured.falseDeathsAtHealthy) / nodeHours)
    samples.add(.firstSuspect, measured.members[place].firstSuspected)
    samples.add(
      .firstDead, measured.members[place].deadAt.first { !measured.afflicted.contains($0.process) }?.after)
    samples.add(.deadEverywhere, found)
    return samples
  }

  private func hours(_ elapsed: Duration, _ nodes: Int) -> Double { elapsed / .seconds(3_600) * Double(nodes) }
}

/// How members stand still.
enum AnomalyName: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// Lifeguard's: the process runs and its timers fire, but what it sends and receives waits.
  case blocked
  /// As by SIGSTOP: the kernel goes on.
  case pause
  /// As a virtual machine that is stopped: nothing answers.
  case freeze

  func fault(of nodes: Nodes) -> Fault {
    switch self {
    case .blocked: .blockIO(nodes)
    case .pause: .pause(nodes)
    case .freeze: .freeze(nodes)
    }
  }
}
