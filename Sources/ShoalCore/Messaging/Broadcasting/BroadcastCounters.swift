/// What a broadcaster has counted since it started.
package struct BroadcastCounters: Sendable, Equatable {
  package var published: UInt64 = 0
  package var received: UInt64 = 0
  package var relayed: UInt64 = 0
  package var duplicates: UInt64 = 0
  /// Numbers of others that never came.
  package var missed: UInt64 = 0
  /// Members whose publications were sent another way, since a relay was gone or silent.
  package var rerouted: UInt64 = 0
  package var malformed: UInt64 = 0
  /// Publications of totally ordered topics that this node has given their place.
  package var ordered: UInt64 = 0
  /// How often this node has lost its place in total order.
  package var ordersBroken: UInt64 = 0

  package init() {}

  /// Every counter under the name that API and CLI show.
  package var all: [(name: String, value: UInt64)] {
    [
      ("publications_published", published), ("publications_received", received), ("publications_relayed", relayed),
      ("publications_duplicate", duplicates), ("publications_missed", missed), ("publications_rerouted", rerouted),
      ("publications_malformed", malformed), ("publications_ordered", ordered), ("orders_broken", ordersBroken),
    ]
  }
}

/// A rule of broadcasting that is broken on purpose, so that tests can see that the checkers notice. Real nodes never have one.
package enum BroadcastBug: Sendable, Hashable, CaseIterable {
  /// What comes early is handed over at once.
  case ignoresOrder
  /// What came before is handed over again.
  case takesTwice
  /// What a publication depends on is not waited for.
  case ignoresCauses
  /// Whom a relay that died was to serve is taken to be served.
  case trustsDeadRelays
  /// A member that was away is told nothing of what it has missed.
  case hidesGaps
}
