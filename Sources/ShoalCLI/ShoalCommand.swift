import ArgumentParser

/// The program: nothing but its subcommands, one file each.
@main
struct ShoalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shoal",
    abstract: "A membership mesh: who is in the cluster, who is gone, and why.",
    discussion: """
      Make a key, start an agent on every machine with the address of any other as its seed, and ask:

        shoal keygen > cluster.key
        shoal agent --name a --key-file cluster.key
        shoal agent --name b --key-file cluster.key --seed 10.0.0.5:7946
        shoal members
      """,
    subcommands: [
      AgentCommand.self, MembersCommand.self, WhyCommand.self, MetadataCommand.self, CoordinatorCommand.self,
      DrainCommand.self, UndrainCommand.self, AbdicateCommand.self, ElectCommand.self, EvictCommand.self,
      SendCommand.self, BroadcastCommand.self, ListenCommand.self, PingCommand.self, LeaveCommand.self,
      KeygenCommand.self, VersionCommand.self,
    ])
}
