#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Nanoseconds of a clock that is the same for all processes of a machine.
enum MonotonicClock {
  static var now: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  static func duration(from start: UInt64, to end: UInt64) -> Duration {
    .nanoseconds(Int64(clamping: end) - Int64(clamping: start))
  }
}
