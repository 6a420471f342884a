/// What a node does about coordination.
public enum CoordinationState: String, Sendable, Hashable, CaseIterable {
  /// Nothing: it is no member, or coordination is off.
  case inactive
  /// It hears nobody, or is held dead by others: it neither coordinates nor claims to.
  case isolated
  /// Nobody in its view may coordinate.
  case noneEligible
  /// Its view names another member.
  case following
  /// Its view names itself, and has changed lately, or another reign has yet to end.
  case settling
  /// Its view names itself, but too few holders of seats are living, or willing, for a majority.
  case noQuorum
  /// Its view names itself, and it asks others whether theirs does as well, or the seats for an epoch.
  case confirming
  /// It coordinates.
  case coordinating
}
