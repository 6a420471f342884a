/// How long an answer usually takes (Jacobson/Karels 1988), over all the members that this node probes.
///
/// srtt ← 7/8 srtt + 1/8 r; rttvar ← 3/4 rttvar + 1/4 |srtt − r|; timeout = srtt + 4 rttvar, clamped. Every attempt has its own
/// sequence number, so no sample is ambiguous (Karn and Partridge 1987).
package struct RoundTripEstimate: BitwiseCopyable, Sendable {
  /// No timeout is shorter: the jitter of a busy scheduler is no silence.
  package static let floor = Nanoseconds.milliseconds(20)
  /// The timeout before the first sample.
  package static let initial = Nanoseconds.milliseconds(100)

  private var smoothed: Nanoseconds = 0
  private var variation: Nanoseconds = 0

  package init() {}

  package var isSampled: Bool { smoothed > 0 }

  package mutating func sample(_ roundTrip: Nanoseconds) {
    // Longer than any timeout that is used: bounds the sums below.
    let sample = min(roundTrip, .seconds(60))
    guard smoothed > 0 else {
      smoothed = max(1, sample)
      variation = sample / 2
      return
    }
    let deviation = smoothed > sample ? smoothed - sample : sample - smoothed
    variation = variation / 4 * 3 + deviation / 4
    smoothed = max(1, smoothed / 8 * 7 + sample / 8)
  }

  /// How long to wait for an answer before trying again: within `floor` and `ceiling`.
  package func timeout(ceiling: Nanoseconds) -> Nanoseconds {
    let wanted = smoothed == 0 ? Self.initial : smoothed + 4 * variation
    return min(max(wanted, Self.floor), max(ceiling, 1))
  }
}
