/// A figure that scenarios measure, by the name that JSON and `--expect` use.
package enum Metric: String, CaseIterable, Sendable {
  /// From the crash until a living node first suspects the member, be it in private.
  case firstSuspect = "first_suspect"
  /// From the crash until a living node first holds the member dead.
  case firstDead = "first_dead"
  /// From the crash until every living node holds the member dead.
  case deadEverywhere = "dead_everywhere"
  /// Members that ran, and to whom nothing was done, but whom anybody held dead; once for each incarnation.
  case falseDeaths = "false_deaths"

  /// From the crash of the coordinator until a living node coordinates.
  case timeToNextReign = "time_to_next_reign"
  /// From the crash of the coordinator until every living node follows the one that coordinates.
  case timeToOneCoordinator = "time_to_one_coordinator"
  /// From the moment when every living node held the coordinator dead until every one follows the next: what coordination adds to detection.
  case takeover
  /// How long two living nodes or more coordinated at once, in all.
  case overlap
  /// The share of the time in which a living node coordinated and more than half of the living members followed it.
  case coordinatorShare = "coordinator_share"

  /// From a member's goodbye until every other one has heard of it.
  case leftEverywhere = "left_everywhere"

  /// From publication until half of the other members know the update.
  case t50
  case t99
  case t100
  /// Copies of the update that were sent in datagrams and frames, for each member that had to learn it. At least 1.
  case transmissionsPerMember = "transmissions_per_member"
  /// What was sent beyond the traffic at rest, for each member.
  case bytesPerMember = "bytes_per_member"

  /// Datagrams that a node sends.
  case packetsPerNodeSecond = "packets_per_node_second"
  /// Datagrams and segments that a node sends, sealed, headers included.
  case bytesPerNodeSecond = "bytes_per_node_second"

  /// From the start, or from the end of a fault, until every node holds the same view, and it is right.
  case timeToOneView = "time_to_one_view"
  case seedBytes = "seed_bytes"
  /// What whoever has new metadata sends until everybody has it.
  case ownerBytes = "owner_bytes"
  case totalBytes = "total_bytes"
  /// How many different numbers of members anybody saw on the way.
  case distinctSizes = "distinct_sizes"

  case falseDeathsPerNodeHour = "false_deaths_per_node_hour"
  /// The same, as held by members to whom nothing was done.
  case falseDeathsAtHealthyPerNodeHour = "false_deaths_at_healthy_per_node_hour"

  /// Members whom every healthy member holds dead in the end.
  case removed
  /// Members whom anybody held dead at any time and who should have stayed.
  case wronglyRemoved = "wrongly_removed"
  /// How many members a healthy node saw come, go or come back.
  case viewChanges = "view_changes"

  /// The share of the members concerned whom nobody held dead.
  case survived

  /// On real sockets: what all processes used until there was one view, user and system.
  case cpuSeconds = "cpu_seconds"
  case cpuSecondsPerNodeSecond = "cpu_seconds_per_node_second"
  /// How much more memory is resident than before there were nodes, for each node.
  case rssBytesPerNode = "rss_bytes_per_node"
  /// Calls of malloc and its like, of all nodes together.
  case allocations
  case allocationsPerNodeSecond = "allocations_per_node_second"
  /// The share of all probe periods in which the stall guard excused a node. Above 0.05 a run is not valid, unless it is about forming.
  case guardedShare = "guarded_share"
  /// The share of the machine's CPU time that went to other processes during a run, forming included.
  case othersCPUShare = "others_cpu_share"

  /// SI where there is a unit; `1` for counts and shares.
  package var unit: String {
    switch self {
    case .firstSuspect, .firstDead, .deadEverywhere, .leftEverywhere, .t50, .t99, .t100, .timeToOneView, .cpuSeconds,
      .timeToNextReign, .timeToOneCoordinator, .takeover, .overlap:
      "s"
    case .bytesPerMember, .seedBytes, .ownerBytes, .totalBytes, .rssBytesPerNode: "B"
    case .bytesPerNodeSecond: "B/s"
    case .packetsPerNodeSecond, .allocationsPerNodeSecond: "1/s"
    case .falseDeathsPerNodeHour, .falseDeathsAtHealthyPerNodeHour: "1/h"
    case .falseDeaths, .transmissionsPerMember, .distinctSizes, .removed, .wronglyRemoved, .viewChanges, .survived,
      .cpuSecondsPerNodeSecond, .allocations, .guardedShare, .othersCPUShare, .coordinatorShare:
      "1"
    }
  }
}
