/// A scenario that also runs on real sockets.
package protocol LoopbackScenario: BenchScenario {
  /// What it measures there beside how busy the machine was, in the order of the table.
  static var loopbackMetrics: [Metric] { get }
  /// In no run may the stall guard have excused a greater share of the probe periods, or the figures show how busy the machine was;
  /// nil where that is no flaw.
  static var guardedLimit: Double? { get }

  /// Plays one run in real time.
  func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples
}

extension LoopbackScenario {
  package static var guardedLimit: Double? { 0.05 }
}

extension BenchScenario {
  /// Why this scenario does not run on real sockets; nil when it does.
  static var loopbackRefusal: String? {
    guard !(Self.self is any LoopbackScenario.Type) else { return nil }
    return "\(name) runs in virtual time only; --transport loopback is for "
      + "converge, disseminate, detect, leave, steady, churn, split and pause"
  }

  static func metrics(on transport: TransportName) -> [Metric] {
    guard transport == .loopback, let type = Self.self as? any LoopbackScenario.Type else { return metrics }
    return type.loopbackMetrics + [.othersCPUShare]
  }
}
