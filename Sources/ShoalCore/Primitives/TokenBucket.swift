/// How often something may be done: once in each interval, and so many times at once after a rest.
package struct TokenBucket: Sendable, BitwiseCopyable {
  private let burst: UInt64
  private let interval: Nanoseconds
  private var tokens: UInt64
  private var filledAt: Instant

  /// - Parameter interval: what one token takes to grow back; at least one nanosecond.
  package init(every interval: Nanoseconds, burst: UInt64, now: Instant = .zero) {
    self.burst = burst
    self.interval = max(1, interval)
    tokens = burst
    filledAt = now
  }

  package init(perSecond: UInt64, burst: UInt64) {
    self.init(every: Nanoseconds.seconds(1) / max(1, perSecond), burst: burst)
  }

  /// Gives one back, or one more.
  package mutating func add() { tokens = min(burst, tokens + 1) }

  /// Takes one; false when none is left.
  package mutating func take(at now: Instant) -> Bool {
    guard available(at: now) > 0 else { return false }
    tokens -= 1
    return true
  }

  /// How many could be taken.
  package mutating func available(at now: Instant) -> UInt64 {
    let earned = now.since(filledAt) / interval
    if earned > 0 {
      tokens = min(burst, tokens + min(earned, burst))
      filledAt = filledAt + earned * interval
    }
    return tokens
  }
}
