/// What an engine has counted since it started. Fields only; the driver reads and publishes them.
package struct Counters: Sendable, Equatable {
  package var datagramsReceived: UInt64 = 0
  package var datagramsSent: UInt64 = 0
  package var probesStarted: UInt64 = 0
  package var probesAcked: UInt64 = 0
  package var probesFailed: UInt64 = 0
  package var indirectProbesRequested: UInt64 = 0
  package var nacksReceived: UInt64 = 0
  package var suspicionsRaised: UInt64 = 0
  package var refutationsSent: UInt64 = 0
  package var deathsDeclared: UInt64 = 0
  package var updatesApplied: UInt64 = 0
  package var updatesStale: UInt64 = 0
  /// Changes of records whose older version is not known here: repair brings the newer one.
  package var changesWithoutBase: UInt64 = 0
  package var updatesSent: UInt64 = 0
  package var gossipSent: UInt64 = 0
  package var treesStarted: UInt64 = 0
  package var treeForwardsSent: UInt64 = 0
  package var treeForwardsRepeated: UInt64 = 0
  package var treeForwardsGivenUp: UInt64 = 0
  package var repairsStarted: UInt64 = 0
  package var repairsServed: UInt64 = 0
  package var joinsAdmitted: UInt64 = 0
  package var joinsRefused: UInt64 = 0
  package var joinsRedirected: UInt64 = 0
  package var metadataPullsStarted: UInt64 = 0
  package var metadataPullsFailed: UInt64 = 0
  /// Versions of others' metadata that have come whole.
  package var metadataPulled: UInt64 = 0
  package var metadataChunksSent: UInt64 = 0
  /// Pulled bytes that were not those that the record speaks of.
  package var metadataCorrupt: UInt64 = 0
  /// Versions that are longer than this build takes.
  package var metadataTooLong: UInt64 = 0
  /// Pulls that were put off because `metadataByteLimit` was reached.
  package var metadataOverLimit: UInt64 = 0
  package var stallsNoticed: UInt64 = 0
  package var suspicionsCleared: UInt64 = 0
  package var verdictsPostponed: UInt64 = 0
  package var streamPingsAnswered: UInt64 = 0
  package var detoursTaken: UInt64 = 0
  package var isolations: UInt64 = 0
  /// Claims to coordinate that this node has made.
  package var reignsClaimed: UInt64 = 0
  /// Its reigns that it ended itself.
  package var reignsEnded: UInt64 = 0
  /// How often the coordinator changed here, to none or from none included.
  package var coordinatorChanges: UInt64 = 0
  package var coordinationQueriesSent: UInt64 = 0
  package var coordinationAnswersSent: UInt64 = 0
  /// Requests for a new reign.
  package var coordinationElectionsSent: UInt64 = 0
  /// Answers that confirmed this node's view.
  package var coordinationConfirmations: UInt64 = 0
  /// Packets of members that hold the same view and yet derive another coordinator from it: their policy is another one.
  package var coordinationPolicyMismatches: UInt64 = 0
  /// Attempts to get a majority of the seats.
  package var leaseAttempts: UInt64 = 0
  package var leaseRequestsSent: UInt64 = 0
  package var leaseRequestsReceived: UInt64 = 0
  /// Grants of this node's seat, renewals included.
  package var leasesGranted: UInt64 = 0
  package var leasesRefused: UInt64 = 0
  /// Reigns of this node that ended because too few seats renewed its lease.
  package var leasesLost: UInt64 = 0
  /// Seats that this node, as coordinator, has freed or given away.
  package var seatsChanged: UInt64 = 0
  /// Members that this node has evicted.
  package var evictions: UInt64 = 0
  package var joinAttempts: UInt64 = 0
  package var streamsOpened: UInt64 = 0
  package var streamsFailed: UInt64 = 0
  /// Connections for messages from processes that are no living members here.
  package var channelsRefused: UInt64 = 0
  package var clientsAccepted: UInt64 = 0
  package var clientsRefused: UInt64 = 0
  package var rejectedMalformedDatagram: UInt64 = 0
  package var rejectedMalformedFrame: UInt64 = 0
  package var rejectedUnknownSender: UInt64 = 0
  package var rejectedUnknownType: UInt64 = 0
  package var rejectedJump: UInt64 = 0
  package var rejectedConflictingRecord: UInt64 = 0
  package var rejectedOverLimit: UInt64 = 0

  package init() {}

  /// Every counter under the name that API and CLI show.
  package var all: [(name: String, value: UInt64)] {
    [
      ("datagrams_received", datagramsReceived), ("datagrams_sent", datagramsSent),
      ("probes_started", probesStarted), ("probes_acked", probesAcked), ("probes_failed", probesFailed),
      ("indirect_probes_requested", indirectProbesRequested), ("nacks_received", nacksReceived),
      ("suspicions_raised", suspicionsRaised), ("refutations_sent", refutationsSent),
      ("deaths_declared", deathsDeclared), ("updates_applied", updatesApplied), ("updates_stale", updatesStale),
      ("changes_without_base", changesWithoutBase),
      ("updates_sent", updatesSent), ("gossip_sent", gossipSent), ("trees_started", treesStarted),
      ("tree_forwards_sent", treeForwardsSent),
      ("tree_forwards_repeated", treeForwardsRepeated), ("tree_forwards_given_up", treeForwardsGivenUp),
      ("repairs_started", repairsStarted),
      ("repairs_served", repairsServed), ("joins_admitted", joinsAdmitted), ("joins_refused", joinsRefused),
      ("joins_redirected", joinsRedirected),
      ("metadata_pulls_started", metadataPullsStarted), ("metadata_pulls_failed", metadataPullsFailed),
      ("metadata_pulled", metadataPulled), ("metadata_chunks_sent", metadataChunksSent),
      ("metadata_corrupt", metadataCorrupt), ("metadata_too_long", metadataTooLong),
      ("metadata_over_limit", metadataOverLimit),
      ("reigns_claimed", reignsClaimed), ("reigns_ended", reignsEnded), ("coordinator_changes", coordinatorChanges),
      ("coordination_queries_sent", coordinationQueriesSent),
      ("coordination_answers_sent", coordinationAnswersSent),
      ("coordination_elections_sent", coordinationElectionsSent),
      ("coordination_confirmations", coordinationConfirmations),
      ("coordination_policy_mismatches", coordinationPolicyMismatches),
      ("lease_attempts", leaseAttempts), ("lease_requests_sent", leaseRequestsSent),
      ("lease_requests_received", leaseRequestsReceived), ("leases_granted", leasesGranted),
      ("leases_refused", leasesRefused), ("leases_lost", leasesLost), ("seats_changed", seatsChanged),
      ("evictions", evictions),
      ("join_attempts", joinAttempts), ("stalls_noticed", stallsNoticed),
      ("suspicions_cleared", suspicionsCleared), ("verdicts_postponed", verdictsPostponed),
      ("stream_pings_answered", streamPingsAnswered), ("detours_taken", detoursTaken), ("isolations", isolations),
      ("streams_opened", streamsOpened),
      ("streams_failed", streamsFailed),
      ("channels_refused", channelsRefused), ("clients_accepted", clientsAccepted), ("clients_refused", clientsRefused),
      ("rejected_malformed_datagram", rejectedMalformedDatagram),
      ("rejected_malformed_frame", rejectedMalformedFrame), ("rejected_unknown_sender", rejectedUnknownSender),
      ("rejected_unknown_type", rejectedUnknownType), ("rejected_jump", rejectedJump),
      ("rejected_conflicting_record", rejectedConflictingRecord), ("rejected_over_limit", rejectedOverLimit),
    ]
  }
}
