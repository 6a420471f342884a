import Foundation

/// How many messages have arrived in a second, and what one has cost both ends together.
struct Throughput {
  let perSecond: Double
  /// CPU time of this whole process, kernel included.
  let cpuSecondsPerMessage: Double

  /// Connections, caches and windows are what they will be after this. Seconds.
  private static let warmUp = 0.2

  /// Looks at what arrives for so many seconds, after a while of warming up.
  init(of tally: Tally, seconds: Double) {
    Thread.sleep(forTimeInterval: Self.warmUp)
    let (before, start, used) = (tally.value, MonotonicClock.now, ProcessUsage.current.cpuNanoseconds)
    Thread.sleep(forTimeInterval: seconds)
    let (after, end, usedLater) = (tally.value, MonotonicClock.now, ProcessUsage.current.cpuNanoseconds)
    let count = Double(max(1, after - before))
    perSecond = Double(after - before) / (Double(end - start) / 1e9)
    cpuSecondsPerMessage = Double(usedLater - used) / 1e9 / count
  }
}
