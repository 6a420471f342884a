/// A rule of messaging that is broken on purpose, so that tests can see that the checkers notice.
///
/// Each is consulted at its rule's own place and nowhere else. Real nodes never have one.
package enum MessagingBug: Sendable, Hashable, CaseIterable {
  /// What was on its way when a connection ended is not sent again.
  case losesOnReconnect
  /// What was sent again is taken in again.
  case takesTwice
  /// Two messages that have come together are handed over in the wrong order.
  case swapsNeighbours
  /// A byte of a later chunk is changed.
  case changesBytes
  /// What was written is reported as not delivered when a session ends.
  case deniesWhatWasWritten
  /// What was written is reported as delivered when a session ends.
  case assumesDelivery
  /// The messages of a session that ends get no outcome.
  case forgetsOutcomes
  /// What was reported at the end of a session is sent in the next one.
  case resendsWhatWasReported
  /// A session that ends keeps its generation.
  case keepsGeneration
  /// Nobody is told that a session has ended.
  case breaksSilently
}
