/// How many deaths one node may declare in a row, so that a single sick node cannot empty the cluster.
///
/// With aligned probing each crashed member has one accuser, so an honest node seldom needs more than one a period. A verdict
/// over budget waits; others who see the same will have declared it first.
package struct AccusationBudget: BitwiseCopyable {
  /// So many at once.
  package static let burst = 8

  private var tokens = Self.burst
  private var refilledAt: Instant

  package init(now: Instant) { refilledAt = now }

  /// Takes one verdict; false when it has to wait. One more is granted with each `interval`.
  package mutating func take(interval: Nanoseconds, now: Instant) -> Bool {
    let grown = now.since(refilledAt) / max(1, interval)
    if grown > 0 {
      tokens = Int(min(UInt64(Self.burst), UInt64(tokens).addingReportingOverflow(grown).partialValue))
      refilledAt = now
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}
