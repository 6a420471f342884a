package import ShoalCore

/// What a node does after a stall: it reads what has waited in its sockets, turn after turn, before time passes for its engine.
///
/// Where many nodes share a loop that cannot keep up, turns get longer: the loop does much of what is due before it looks at its sockets
/// again, and with turns shorter than that it never would.
package struct CatchUp {
  /// When the turn is over.
  package private(set) var due = Instant.zero
  private var turn = Self.shortestTurn
  private var turnsLeft = Self.turns
  private let limit: Instant
  /// How many datagrams had been received when the turn began.
  private var seen: UInt64

  /// At most so many turns are spent on reading, and more only where no socket may have been read.
  package static let turns = 20
  /// Longer than the timers of a loop are late by themselves.
  package static let shortestTurn = 2 * LoopTimers.resolution
  package static let longestTurn = Nanoseconds.milliseconds(100)
  /// No turn begins later than this after a stall.
  package static func limit(after lag: Nanoseconds) -> Nanoseconds { longestTurn + min(lag, longestTurn * 2) }

  /// - Parameters:
  ///   - lag: how long the stall was.
  ///   - received: how many datagrams have been received so far.
  package init(after lag: Nanoseconds, at now: Instant, received: UInt64) {
    limit = now + Self.limit(after: lag)
    seen = received
    begin(at: now)
  }

  /// The turn begins only now: there was something to do before.
  package mutating func begin(at now: Instant) { due = now + turn }

  /// Whether nothing waits any more, or it has taken too long; else the next turn has begun.
  package mutating func isOver(at now: Instant, received: UInt64) -> Bool {
    let lateness = now.since(due)
    // So late, it may be that no socket was read.
    let isCrowded = lateness > turn
    let isDrained = received == seen || turnsLeft <= 1
    if isDrained && !isCrowded || now >= limit { return true }
    if isCrowded { turn = min(2 * lateness, Self.longestTurn) }
    turnsLeft = max(1, turnsLeft - 1)
    seen = received
    begin(at: now)
    return false
  }
}
