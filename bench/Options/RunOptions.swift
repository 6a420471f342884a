import ArgumentParser
import ShoalCore
import ShoalSimulator

/// What all scenarios have in common.
struct RunOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "How many nodes. The default differs by scenario.")
  var nodes: Int?

  @Option(help: "Draws everything. Runs use this seed and the ones after it.")
  var seed: UInt64 = 1

  @Option(parsing: .unconditional, help: "How many runs, spread over the cores. The default differs by scenario.")
  var runs: Int?

  @Option(
    parsing: .unconditional, help: "The share of datagrams that vanish, 0 to 0.9; segments of streams are sent again.")
  var loss = 0.0

  @Option(help: "even: each datagram by itself; bursts: ten in a row on average between two nodes.")
  var lossPattern = LossPatternName.even

  @Option(help: "How long packets travel: lan 0.2 to 0.5 ms, wan 20 to 80 ms.")
  var latency = LatencyName.lan

  @Option(help: "Every node's configuration; classic is memberlist's, without any of the features.")
  var preset = PresetName.lan

  @Option(help: "Switch one feature off. May be repeated.")
  var without: [FeatureName] = []

  @Option(help: "simulated: in virtual time; loopback: real nodes on sockets of 127.0.0.1, one run at a time.")
  var transport = TransportName.simulated

  @Option(
    parsing: .unconditional, help: "On loopback: how many processes hold the nodes. Default: one for every 2,000 nodes."
  )
  var processes: Int?

  @Option(
    help: "Write the figures to this file as JSON; - is standard output, and the table then goes to standard error.")
  var json: String?

  @Option(help: "A bound such as 'dead_everywhere.p50<=2.7'. Unmet, the exit status is 1. May be repeated.")
  var expect: [String] = []

  @OptionGroup var pictures: PictureOptions

  init() {}

  var outputs: OutputFiles { OutputFiles(["--json": json, "--html": pictures.html, "--svg": pictures.svg]) }

  func validate() throws {
    try outputs.validate()
    guard (0...0.9).contains(loss) else {
      throw ValidationError("--loss must be a share from 0 to 0.9, but is \(loss)")
    }
    if lossPattern == .bursts, (loss * 100).rounded() / 100 != loss {
      throw ValidationError("--loss must be whole percent with --loss-pattern bursts, but is \(loss)")
    }
    try validateTransport()
    if let runs, !(1...100_000).contains(runs) {
      throw ValidationError("--runs must be 1 to 100,000, but is \(runs)")
    }
  }

  /// What the chosen transport does not have.
  private func validateTransport() throws {
    guard transport == .loopback else {
      guard processes == nil else {
        throw ValidationError("--processes is for --transport loopback: simulated nodes share this process")
      }
      return
    }
    if let processes, !(1...Spread.processLimit).contains(processes) {
      throw ValidationError("--processes must be 1 to \(Spread.processLimit), but is \(processes)")
    }
    if let processes, let nodes, processes > nodes {
      throw ValidationError("--processes is \(processes), but there are only \(nodes) nodes; give 1 to \(nodes)")
    }
    if loss > 0 { throw ValidationError("--loss is for --transport simulated: on loopback nothing is lost on purpose") }
    if lossPattern != .even { throw ValidationError("--loss-pattern is for --transport simulated") }
    if latency != .lan { throw ValidationError("--latency is for --transport simulated: loopback has its own") }
  }

  var configuration: CoreConfiguration {
    var configuration = preset.configuration
    for without in without { configuration.features.subtract(without.feature) }
    return configuration
  }

  var conditions: NetworkConditions {
    var conditions = latency.conditions
    if lossPattern == .even { conditions.lossPerMillion = Int((loss * 1_000_000).rounded()) }
    return conditions
  }

  /// Loss in bursts, as a fault that goes on all the time; nil when there is none.
  var bursts: Fault? {
    guard lossPattern == .bursts, loss > 0 else { return nil }
    return .bursts(.all, percent: Int((loss * 100).rounded()), length: Self.burstLength)
  }

  private static let burstLength = 10
}
