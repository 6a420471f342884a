/// What an operator asks of a node about membership and coordination. Each is done, or refused with a reason and without effect.
package enum Operation: Sendable, Hashable {
  /// Coordinate no more, until told otherwise. A reign goes on until its last fencing token has been returned, for so long at most.
  case drain(timeout: Nanoseconds)
  case undrain
  /// End this node's reign, and stand aside until the next one is over.
  case abdicate
  /// Have whoever the view names begin a new reign, also the one that reigns.
  case elect
  /// Remove a member for good, whatever its status.
  case evict(NodeID)
}

/// Why an operation was not done.
package enum OperationRefusal: Error, Sendable, Hashable {
  /// The asked node is no member: not yet, or not any more.
  case notMember
  /// Coordination is off.
  case coordinationOff
  /// The asked node does not coordinate; with the name of whom it follows, if it follows anybody.
  case notCoordinating(follows: String?)
  /// Nobody else in its view may coordinate.
  case nobodyElseEligible
  /// Nobody at all in its view may coordinate.
  case nobodyEligible
  /// The asked node sees no majority of the seats.
  case noQuorum
  /// The asked node is cut off, or held dead by others.
  case isolated
  case unknownMember
  /// The asked node is the one that shall be evicted.
  case oneself
  /// Whoever shall be evicted has left already.
  case departed
}
