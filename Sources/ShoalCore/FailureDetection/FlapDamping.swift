/// When a node that finds itself declared dead may come back.
///
/// The first time it comes back at once: it was stalled, or on the smaller side of a split. One that was cut off alone, or that
/// has come back before, first proves its links: it must have heard others without a gap for a while, twice as long each
/// time. Otherwise a link that fails every other minute would remove and return its node for ever.
package struct FlapDamping: BitwiseCopyable {
  /// The longest proof that is asked for.
  package static let longestProof = Nanoseconds.seconds(300)
  /// A death so long ago is forgotten.
  package static let memory = Nanoseconds.seconds(900)

  /// How often it came back within `memory` of the last return.
  package private(set) var returns = 0
  private var lastReturn: Instant = .zero
  /// Since when others have been heard without a gap.
  package private(set) var soundSince: Instant
  /// Whether there was a gap since the last return.
  package private(set) var wasIsolated = false

  package init(now: Instant) { soundSince = now }

  /// There was a gap: nobody was heard, or most probes failed.
  package mutating func gap(at now: Instant, isIsolated: Bool) {
    soundSince = now
    if isIsolated { wasIsolated = true }
  }

  /// How long the links must have been sound before this node comes back.
  package func proof(base: Nanoseconds, now: Instant) -> Nanoseconds {
    let recent = now.since(lastReturn) < Self.memory ? returns : 0
    guard recent > 0 || wasIsolated else { return 0 }
    let doublings = UInt64(min(recent, 8))
    return min(Self.longestProof, base << doublings)
  }

  /// When it may come back; now or earlier means at once.
  package func mayReturnAt(base: Nanoseconds, now: Instant) -> Instant { soundSince + proof(base: base, now: now) }

  package mutating func returned(at now: Instant) {
    returns = now.since(lastReturn) < Self.memory ? min(returns + 1, 64) : 1
    lastReturn = now
    wasIsolated = false
  }
}
