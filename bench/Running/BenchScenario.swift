package import ShoalCore

/// One experiment: what happens to a cluster, and what is measured. One run is one call, confined to one thread.
///
/// A scenario that runs on real sockets too is also a `LoopbackScenario`.
package protocol BenchScenario: Sendable {
  /// As on the command line and in JSON.
  static var name: String { get }
  /// What it measures, in the order of the table.
  static var metrics: [Metric] { get }
  /// What can be drawn of it, the main picture first.
  static var charts: [ChartKind] { get }
  static var defaultNodes: Int { get }
  static var defaultRuns: Int { get }
  static var minimumNodes: Int { get }

  /// Its own options.
  var optionValues: [(name: String, value: OptionValue)] { get }

  /// Changes what the shared options configure, as its own options want it.
  func configure(_ configuration: inout CoreConfiguration)

  /// Plays one run in virtual time.
  func measure(in cluster: SimulatedCluster) throws(StepFailure) -> Samples
}

extension BenchScenario {
  package static var charts: [ChartKind] { [.views, .packets, .bytes] }
  package static var defaultNodes: Int { 100 }
  package static var defaultRuns: Int { 10 }
  package static var minimumNodes: Int { 2 }
  package var optionValues: [(name: String, value: OptionValue)] { [] }
  package func configure(_ configuration: inout CoreConfiguration) {}
}
