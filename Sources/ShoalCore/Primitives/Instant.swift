/// A point on a monotonic clock that goes on through suspend, in nanoseconds since an origin of the driver's choice.
package struct Instant: Hashable, Comparable, Sendable, BitwiseCopyable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static var zero: Instant { Instant(nanoseconds: 0) }

  package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Saturates instead of wrapping: an instant beyond the end of time is the end of time.
  package static func + (left: Instant, right: Nanoseconds) -> Instant {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right)
    return Instant(nanoseconds: overflow ? .max : sum)
  }

  /// The next multiple of `span`, or this instant if it is one; the end of time stays where it is.
  package func roundedUp(to span: Nanoseconds) -> Instant {
    let rest = nanoseconds % span
    return rest == 0 ? self : self + (span - rest)
  }

  /// How long ago `earlier` was; zero when it lies ahead.
  package func since(_ earlier: Instant) -> Nanoseconds {
    nanoseconds > earlier.nanoseconds ? nanoseconds - earlier.nanoseconds : 0
  }
}

/// A span of time inside the engine. Configuration speaks `Duration`; it is converted once, at start.
package typealias Nanoseconds = UInt64

extension Nanoseconds {
  package static func milliseconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000 }
  package static func seconds(_ count: UInt64) -> Nanoseconds { count * 1_000_000_000 }

  /// Negative durations become zero; durations over 584 years become the largest span.
  package init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else {
      self = 0
      return
    }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    self = overflow ? .max : whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000)).partialValue
  }
}

/// The time as the driver tells it with every call: monotonic for deadlines, wall for what people and other nodes compare.
package struct Now: Sendable, BitwiseCopyable {
  package var monotonic: Instant
  /// Milliseconds since 1970, UTC. May jump; nothing that must be safe depends on it.
  package var wallMilliseconds: UInt64
  /// For how long that millisecond has lasted, so that nodes of one machine wake up at the very same time.
  package var wallFraction: Nanoseconds

  package init(monotonic: Instant, wallMilliseconds: UInt64, wallFraction: Nanoseconds = 0) {
    self.monotonic = monotonic
    self.wallMilliseconds = wallMilliseconds
    self.wallFraction = wallFraction
  }
}
