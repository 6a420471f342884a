/// How many deaths one node may declare in a row, so that a single sick node cannot empty the cluster.
///
/// With aligned probing each crashed member has one accuser, so an honest node seldom needs more than one a period. A verdict
/// over budget waits; others who see the same will have declared it first.
package enum AccusationBudget {
  /// So many at once.
  package static let burst: UInt64 = 8

  /// - Parameter interval: one more is granted with each; a probe period.
  package static func bucket(interval: Nanoseconds, now: Instant) -> TokenBucket {
    TokenBucket(every: interval, burst: burst, now: now)
  }
}
