import ArgumentParser

/// Gossip at work, in virtual time: what the engine does, how fast, and at what cost.
@main
struct ShoalBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shoal-bench",
    abstract: "Run Shoal's own engine in a simulated cluster.",
    discussion: "Every run is deterministic: the same command prints the same figures and the same trace hash.",
    subcommands: [SimulateCommand.self, CampaignCommand.self])
}
