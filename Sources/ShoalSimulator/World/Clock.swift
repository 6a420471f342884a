import ShoalCore

/// Virtual time: begins at one second on the monotonic clock and on a fixed day on the wall.
enum Clock {
  static let origin = Instant(nanoseconds: 1_000_000_000)
  private static let wallOrigin: UInt64 = 1_750_000_000_000

  static func now(at instant: Instant) -> Now {
    Now(
      monotonic: instant, wallMilliseconds: wallOrigin + (instant.nanoseconds - origin.nanoseconds) / 1_000_000)
  }

  static func elapsed(at instant: Instant) -> Duration {
    .nanoseconds(Int64(instant.since(origin)))
  }

  /// `12.345 s`.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
    let fraction = String(milliseconds.magnitude % 1_000)
    return
      "\(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1_000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction) s"
  }
}
