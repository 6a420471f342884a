import ArgumentParser
import ShoalSimulator

/// One drawn scenario, told as a story.
struct SimCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sim",
    abstract: "Play the faults that one seed draws, and tell what happened.",
    discussion: """
      The seed draws the size, the configuration, the network and the faults; all that was drawn is printed first. The scenario is played
      twice and compared, and what must hold is checked, as in a campaign. Exits 1 when an invariant was broken.
      """)

  @Option(help: "Draws everything.")
  var seed: UInt64 = 7

  @Option(
    parsing: .unconditional,
    help: "How many nodes, 2 to 500. Default: drawn from 5 to 64. Above 64, seals are counted and not computed.")
  var nodes: Int?

  @Option(parsing: .unconditional, help: "How long faults go on, in ticks of 100 ms of virtual time.")
  var ticks: Int = Scenario.defaultTicks

  func validate() throws {
    if let nodes {
      guard (2...500).contains(nodes) else { throw ValidationError("--nodes must be 2 to 500, but is \(nodes)") }
    }
    guard (10...100_000).contains(ticks) else {
      throw ValidationError("--ticks must be 10 to 100,000, but is \(ticks)")
    }
  }

  func run() throws {
    let scenario = Scenario(seed: seed, ticks: ticks, nodes: nodes)
    print("Seed \(seed):")
    for line in scenario.options { print("  \(line)") }
    print("\nWhat happened:")
    let (outcome, story) = scenario.tell()
    for line in story { print(line) }
    print("\n\(outcome.eventsHandled) events in \(outcome.virtualTime.components.seconds) s of virtual time")
    print("Command: shoal-bench sim --seed \(seed)\(nodes.map { " --nodes \($0)" } ?? "") --ticks \(ticks)")
    guard outcome.violations.isEmpty else {
      print("\n\(FailureText.text(outcome))")
      throw ExitCode(1)
    }
    print("No invariant was broken, and both plays gave the same bytes: \(Text.hexadecimal(outcome.traceHash))")
  }
}
