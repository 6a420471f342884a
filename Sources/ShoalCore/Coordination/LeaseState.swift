/// How a coordinator that needs a quorum, or one that tries to become it, stands with the seats.
public struct LeaseState: Sendable, Hashable {
  /// How many seats there are.
  public let seats: Int
  /// How many of them have promised, for now, to grant nobody else.
  public let granted: Int
  /// For how much longer it may act, in nanoseconds; 0 before a majority has granted it.
  let remaining: UInt64

  /// For how much longer it may act, unless the seats renew it; zero before a majority has granted it.
  public var remainingTime: Duration { .nanoseconds(Int64(clamping: remaining)) }
}
