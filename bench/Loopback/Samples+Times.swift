extension Samples {
  /// From one instant of the machine's monotonic clock to another; nil for what did not happen before the scenario's limit.
  mutating func add(_ metric: Metric, from start: UInt64, to end: UInt64?) {
    add(metric, end.map { MonotonicClock.duration(from: start, to: max(start, $0)) })
  }
}
