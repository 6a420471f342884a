import ShoalCore

/// The time that has passed in a bench, in the form that sealing asks for.
struct BenchClock: Sendable {
  private let start = ContinuousClock().now

  var now: Now {
    let passed = ContinuousClock().now - start
    return Now(
      monotonic: Instant(nanoseconds: 1_000_000_000 + UInt64(clamping: Int64(passed / .nanoseconds(1)))),
      wallMilliseconds: 1_700_000_000_000 + UInt64(clamping: Int64(passed / .milliseconds(1))))
  }
}
