/// How late this node is, again and again: a machine that cannot keep up reads answers as late as it sends.
///
/// One stall alone says nothing about the next answer. Of stalls that follow each other closely the last says how long an answer may lie
/// unread, here and, where nodes share a machine, there as well; longer ones before it wear off by halves.
package struct Lateness: BitwiseCopyable, Sendable {
  private var span: Nanoseconds = 0
  /// Until then a stall follows the last one closely.
  private var isRecentUntil = Instant.zero
  private var appliesUntil = Instant.zero

  /// A machine that is only busy stands still for no longer; a longer stall counts as one of this length.
  private static let limit = Nanoseconds.seconds(5)
  /// Where many nodes share a machine, what is told to all of them makes it stand still, and in a mass join that is every second.
  private static let shortestMemory = Nanoseconds.seconds(3)

  package init() {}

  package mutating func note(stall: Nanoseconds, now: Instant) {
    let stall = min(stall, Self.limit)
    let isAgain = now <= isRecentUntil
    span = now <= appliesUntil ? max(span / 2, stall) : stall
    isRecentUntil = now + max(4 * stall, Self.shortestMemory)
    if isAgain { appliesUntil = now + 4 * span }
  }

  /// What an answer may take on top of its way.
  package func patience(at now: Instant) -> Nanoseconds { now <= appliesUntil ? 2 * span : 0 }
}
