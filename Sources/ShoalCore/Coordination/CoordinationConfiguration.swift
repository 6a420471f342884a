/// Who coordinates, and when a claim may be made.
public struct CoordinationConfiguration: Sendable, Hashable {
  /// Whether there is a coordinator at all. Default true, in `.classic` false. The same on all nodes: where some have it and others do
  /// not, one that has it off may be named, and never claims.
  public var isEnabled = true
  /// Who it is. Default `.oldest`. The same on all nodes.
  public var policy = CoordinatorPolicy.oldest
  /// Whether this node may coordinate. Default true. Unlike the others, each node has its own; one that may not follows all the same.
  public var isEligible = true
  /// How long the view must have been unchanged, as far as it matters to coordination, before a claim. Default 200 ms, 10 ms to 1 min.
  /// Lower takes over sooner, and more often from a view that is about to change.
  public var settleTime: Duration = .milliseconds(200)

  /// Whether a coordinator needs most of a number of seats. Default none. The same on all nodes.
  public var quorum = Quorum.none
  /// For how long the seats promise, from request to request: the longest that a coordinator acts after it is cut off, and that others wait
  /// for it after it has crashed. Default 2 s, 200 ms to 1 min. The same on all nodes. Clocks may run up to 5 % fast or slow.
  public var leaseTime: Duration = .seconds(2)

  public init() {}

  func validate() throws(ConfigurationError) {
    try policy.validate()
    try ConfigurationError.require(
      settleTime >= .milliseconds(10) && settleTime <= .seconds(60), "coordination.settleTime", settleTime,
      "10 ms to 1 min")
    try quorum.validate()
    try ConfigurationError.require(
      leaseTime >= .milliseconds(200) && leaseTime <= .seconds(60), "coordination.leaseTime", leaseTime,
      "200 ms to 1 min")
  }
}
