import ShoalCore
import ShoalSimulator

/// How often, and in which surroundings, a scenario is played.
struct BenchPlan: Sendable {
  var nodes: Int
  var seed: UInt64
  var runs: Int
  var preset: PresetName
  var transport: TransportName
  var configuration: CoreConfiguration
  var conditions: NetworkConditions
  /// Shared options that differ from their defaults.
  var optionValues: [(name: String, value: OptionValue)] = []

  init(_ options: RunOptions, nodes: Int, runs: Int) {
    self.nodes = nodes
    self.runs = runs
    seed = options.seed
    preset = options.preset
    transport = options.transport
    configuration = options.configuration
    conditions = options.conditions
    if options.loss > 0 { optionValues.append(("loss", .number(options.loss))) }
    if options.latency != .lan { optionValues.append(("latency", .text(options.latency.rawValue))) }
    if !options.without.isEmpty { optionValues.append(("without", .list(options.without.map(\.name)))) }
  }
}
