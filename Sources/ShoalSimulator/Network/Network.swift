import ShoalCore

/// Decides for each packet whether and when it arrives.
struct Network {
  /// How long a driver waits for a connection.
  static let dialDeadline = Nanoseconds.seconds(3)
  /// A lost segment is sent again after so long.
  static let segmentRetry = Nanoseconds.milliseconds(200)

  private var random: PRNG
  private var base: Nanoseconds
  private var jitter: Nanoseconds
  private var spike: Nanoseconds
  private(set) var conditions: NetworkConditions

  init(_ conditions: NetworkConditions, seed: UInt64) {
    random = PRNG(seed: seed)
    self.conditions = conditions
    base = Nanoseconds(conditions.latency)
    jitter = Nanoseconds(conditions.jitter)
    spike = Nanoseconds(conditions.spike)
  }

  mutating func change(to conditions: NetworkConditions) {
    self.conditions = conditions
    base = Nanoseconds(conditions.latency)
    jitter = Nanoseconds(conditions.jitter)
    spike = Nanoseconds(conditions.spike)
  }

  /// One trip of a datagram; nil when it is lost.
  mutating func datagramTrip() -> Nanoseconds? {
    if happens(conditions.lossPerMillion) { return nil }
    return trip() + (happens(conditions.spikesPerMillion) ? spike : 0)
  }

  mutating func isDuplicated() -> Bool { happens(conditions.duplicatePerMillion) }

  /// One trip of a segment of a stream, lost ones sent again.
  mutating func segmentTrip() -> Nanoseconds {
    var total = trip()
    for _ in 0..<8 where happens(conditions.lossPerMillion) { total += Self.segmentRetry }
    return total
  }

  private mutating func trip() -> Nanoseconds { base + random.jitter(jitter + 1) }

  private mutating func happens(_ perMillion: Int) -> Bool {
    perMillion > 0 && random.below(1_000_000) < perMillion
  }
}
