import ShoalCore

/// Allows `rate` actions a second and a burst of as many.
struct TokenBucket: BitwiseCopyable {
  let rate: UInt64
  private var tokens: UInt64
  private var refilledAt = Instant.zero

  init(rate: UInt64) {
    self.rate = rate
    tokens = rate
  }

  mutating func take(at now: Instant) -> Bool {
    let spacing = Nanoseconds.seconds(1) / rate
    let earned = now.since(refilledAt) / spacing
    if earned > 0 {
      tokens = min(rate, tokens + min(earned, rate))
      refilledAt = now
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}
