/// What a node must know of coordination after a restart: kept in its state file, and there before it grants or claims anything.
package struct CoordinationMemory: Sendable, Equatable {
  /// The highest epoch that was known.
  package var highestEpoch: UInt64 = 0
  /// The highest epoch that was granted, and to whom; 0 and `.unknown` when none was.
  package var grantedEpoch: UInt64 = 0
  package var grantedTo = NodeID.unknown
  /// The highest epoch that was followed.
  package var followedEpoch: UInt64 = 0
  /// The fingerprint of the quorum that all this was promised under: seats of another one mean nothing.
  package var quorum: UInt64 = 0
  /// The seats at the last grant; nil where there was none.
  package var seats: SeatList?
  /// The latest reigns, oldest first; at most 64.
  package var history: [PastReign] = []

  package init() {}
}
