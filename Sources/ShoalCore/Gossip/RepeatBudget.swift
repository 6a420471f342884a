/// How many forwards a node may send again: a few each second, and one more for each that was answered.
///
/// Where half a cluster is cut off, or machines cannot keep up, nobody answers in time. Repeats at a fixed rate would then keep busy
/// whom they wait for, for ever; repeats that answers pay for die down with the answers. What is beyond is left to repair: so it is
/// under a steady loss of more than some 29 % each way, where fewer answers come than repeats are wanted.
package struct RepeatBudget: BitwiseCopyable, Sendable {
  package static let perSecond: UInt64 = 5
  package static let burst: UInt64 = 50

  private var tokens = TokenBucket(perSecond: perSecond, burst: burst)

  package init() {}

  /// A forward was answered.
  package mutating func earn() { tokens.add() }

  /// Takes one repeat; false when none is left.
  package mutating func take(at now: Instant) -> Bool { tokens.take(at: now) }
}
