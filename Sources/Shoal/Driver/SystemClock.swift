import ShoalCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two clocks that an engine is told: one that goes on through suspend, and the wall.
enum SystemClock {
  static func now() -> Now {
    #if canImport(Glibc)
      // Linux: CLOCK_MONOTONIC stops in suspend, CLOCK_BOOTTIME does not.
      let monotonic = nanoseconds(CLOCK_BOOTTIME)
    #else
      let monotonic = nanoseconds(CLOCK_MONOTONIC)
    #endif
    let wall = nanoseconds(CLOCK_REALTIME).quotientAndRemainder(dividingBy: 1_000_000)
    return Now(
      monotonic: Instant(nanoseconds: monotonic), wallMilliseconds: wall.quotient, wallFraction: wall.remainder)
  }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(max(0, time.tv_sec)) * 1_000_000_000 + UInt64(max(0, time.tv_nsec))
  }
}

/// Tells when this process may have been copied or rolled back, so that its salt must not be used any more.
///
/// Two copies of one process would seal different packets under the same nonce. A copy shows: by another process id (fork), by
/// a stall (a machine that was saved and resumed), or by wall and monotonic time that have drifted apart.
struct SaltGuard {
  static let tolerance = Nanoseconds.seconds(1)

  private var process = getpid()
  private var offset: Int64

  init(now: Now) { offset = Self.offset(now) }

  /// - Parameter lateness: for how long the node's deadline had passed while nothing in this process ran.
  mutating func demandsNewSalt(now: Now, lateness: Nanoseconds) -> Bool {
    let current = (process: getpid(), offset: Self.offset(now))
    defer { (process, offset) = current }
    return current.process != process || lateness > Self.tolerance
      || (current.offset - offset).magnitude > Self.tolerance / 1_000_000
  }

  /// Wall less monotonic time, in milliseconds.
  private static func offset(_ now: Now) -> Int64 {
    Int64(truncatingIfNeeded: now.wallMilliseconds) &- Int64(truncatingIfNeeded: now.monotonic.nanoseconds / 1_000_000)
  }
}
