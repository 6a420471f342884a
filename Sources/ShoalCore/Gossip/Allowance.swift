/// How often this node may do something: so many times a second, and so many at once after a rest. A token bucket.
package struct Allowance: Sendable, BitwiseCopyable {
  private let burst: UInt64
  private let interval: Nanoseconds
  private var tokens: UInt64
  private var filledAt = Instant.zero

  package init(perSecond: UInt64, burst: UInt64) {
    self.burst = burst
    interval = Nanoseconds.seconds(1) / max(1, perSecond)
    tokens = burst
  }

  /// Takes one; false when none is left.
  package mutating func take(at now: Instant) -> Bool {
    let earned = now.since(filledAt) / interval
    if earned > 0 {
      tokens = min(burst, tokens + min(earned, burst))
      filledAt = filledAt + earned * interval
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}
