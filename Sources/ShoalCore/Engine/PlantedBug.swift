/// A rule that is broken on purpose, so that tests can see that the simulator's checkers notice.
///
/// Each is consulted at its rule's own place and nowhere else. Real nodes never have one.
package enum PlantedBug: Sendable, Hashable, CaseIterable {
  /// A dead member comes back at the incarnation at which it died.
  case deadComeBack
  /// A refutation does not raise the incarnation.
  case refutesInVain
  /// The event that a member has recovered is lost.
  case recoveryIsSilent
  /// A node believes an accusation of itself.
  case believesItIsDead
  /// Tombstones are kept for ever.
  case neverReaps
  /// Metadata that is held is never replaced by a newer version.
  case keepsOldMetadata
  /// Whoever comes later is never named coordinator.
  case newcomersAreNotNamed
  /// Reigns of older epochs are followed as well.
  case followsOldEpochs
  /// A coordinator goes on when its view names another one.
  case neverStandsDown
  /// The holder of a seat grants whatever it is asked for.
  case grantsEverybody
  /// A coordinator goes on without its lease.
  case leaseNeverEnds
  /// A node that is told that it was evicted refutes, and stays.
  case evictedRefute
  /// The replay window of a sender is forgotten before each datagram. Planted in the simulated driver.
  case replayWindowForgets
}
