package import ArgumentParser

/// What the engine does, how fast, and at what cost.
@main
package struct ShoalBench: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "shoal-bench",
    abstract: "Measure Shoal's own engine in clusters of any size.",
    discussion: """
      Time is virtual and everything is drawn from the seed: the same command prints the same figures.
      Every scenario takes --nodes, --seed, --runs, --loss, --loss-pattern, --latency, --preset, --without, --json, --expect,
      --html and --svg.
      With --transport loopback the nodes are real ones on sockets of 127.0.0.1, and time, CPU and memory are this machine's.

        shoal-bench detect --nodes 1000 --runs 30
        shoal-bench detect --nodes 1000 --runs 30 --preset classic
        shoal-bench converge --nodes 500 --transport loopback
        shoal-bench goals --quick
      """,
    subcommands: [WorkerCommand.self],
    groupedSubcommands: [
      CommandGroup(
        name: "Scenarios",
        subcommands: [
          ConvergeCommand.self, DisseminateCommand.self, MetadataCommand.self, DetectCommand.self, LeaveCommand.self,
          CoordinatorCommand.self,
          SteadyCommand.self,
          SplitCommand.self,
          ChurnCommand.self, PauseCommand.self, OutageCommand.self, AnomalyCommand.self, RapidCommand.self,
        ]),
      CommandGroup(
        name: "Summaries",
        subcommands: [
          TourCommand.self, ResultsCommand.self, GoalsCommand.self, AblationCommand.self, ReportCommand.self,
          CompareCommand.self,
        ]),
      CommandGroup(
        name: "Single nodes",
        subcommands: [MicroCommand.self, CeilingCommand.self, MessageCommand.self, IdleConnectionsCommand.self]),
      CommandGroup(name: "Checks", subcommands: [SimCommand.self, CampaignCommand.self, DeliverCommand.self]),
    ])

  package init() {}

  package static func main() {
    Interruption.listen()
    main(nil)
  }
}
