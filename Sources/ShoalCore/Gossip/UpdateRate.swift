/// How many updates a second this node has been taking in: an average that forgets with a time constant of one second.
package struct UpdateRate {
  /// Above so many a second, updates are handed to a root that sends many in one tree.
  package static let busy: UInt64 = 4

  /// In 1/1024 of an update a second.
  private var level: UInt64 = 0
  private var decayedAt = Instant.zero
  private static let step = Nanoseconds.milliseconds(125)

  package init() {}

  package mutating func note(at now: Instant) {
    decay(to: now)
    level = min(level + 1_024, 1 << 40)
  }

  package mutating func isBusy(at now: Instant) -> Bool {
    decay(to: now)
    return level > Self.busy * 1_024
  }

  /// Takes an eighth off for every eighth of a second.
  private mutating func decay(to now: Instant) {
    let steps = now.since(decayedAt) / Self.step
    guard steps > 0 else { return }
    if steps > 256 { level = 0 } else { for _ in 0..<steps { level -= level / 8 } }
    decayedAt = decayedAt + steps * Self.step
  }
}
