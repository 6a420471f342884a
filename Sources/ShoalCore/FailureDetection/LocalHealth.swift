/// Lifeguard's awareness of one's own trouble (§IV.A): a score that stretches a sick node's timeouts and its interval.
///
/// Missed acks, missed nacks and accusations of oneself raise it; answered probes lower it. 0 is healthy.
struct LocalHealth {
  private(set) var score = 0
  let limit: Int

  mutating func apply(_ change: Int) { score = min(limit, max(0, score + change)) }

  /// `duration` × (score + 1).
  func scaled(_ duration: Nanoseconds) -> Nanoseconds {
    let (product, overflow) = duration.multipliedReportingOverflow(by: UInt64(score + 1))
    return overflow ? .max : product
  }
}
