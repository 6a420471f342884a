import ShoalCore
import ShoalSimulator

/// How often, and in which surroundings, a scenario is played.
package struct BenchPlan: Sendable {
  var nodes: Int
  var seed: UInt64
  var runs: Int
  var preset: PresetName
  var transport: TransportName
  var configuration: CoreConfiguration
  var conditions: NetworkConditions
  /// Features that are switched off.
  var without: [String]
  /// Over how many processes the nodes are spread; nil in virtual time.
  var spread: Spread?
  /// A fault of the network that goes on all the time.
  var networkFault: Fault?
  /// Whether runs keep what pictures are drawn from.
  var records: Bool
  /// Shared options that differ from their defaults.
  var optionValues: [(name: String, value: OptionValue)] = []

  /// The part of a command line that all scenarios have in common.
  func commandLine(of scenario: String) -> String {
    let words = [
      scenario, "--nodes", "\(nodes)", "--seed", "\(seed)", "--runs", "\(runs)", "--preset", preset.rawValue,
    ]
    let place = transport == .simulated ? [] : ["--transport", transport.rawValue]
    return (words + place + optionValues.flatMap { $0.value.arguments(for: $0.name) }).joined(separator: " ")
  }

  init(_ options: RunOptions, nodes: Int, runs: Int, spread: Spread?) {
    self.spread = spread
    without = options.without.map(\.name)
    self.nodes = nodes
    self.runs = runs
    seed = options.seed
    preset = options.preset
    transport = options.transport
    configuration = options.configuration
    conditions = options.conditions
    networkFault = options.bursts
    records = options.pictures.isWanted
    if options.loss > 0 { optionValues.append(("loss", .number(options.loss))) }
    if options.lossPattern != .even { optionValues.append(("loss-pattern", .text(options.lossPattern.rawValue))) }
    if options.latency != .lan { optionValues.append(("latency", .text(options.latency.rawValue))) }
    if !options.without.isEmpty { optionValues.append(("without", .list(without))) }
    if let spread { optionValues.append(("processes", .number(Double(spread.processes)))) }
  }
}
