/// Pings for whoever wants to know how long a round trip takes.
///
/// ```
/// this node ── ping ──▶ member     as a probe's
/// this node ◀── ack ─── member
/// ```
/// They are no probes. One without an answer accuses nobody and says nothing about this node's own health; one with an answer shows what
/// every ack does: the member lives, and hears us.
extension Engine {
  /// Pings a member once. Exactly one `PingResult` with this token follows, unless the engine stops before.
  ///
  /// - Parameter timeout: when an answer counts as lost; it moves with a stall of this node.
  package mutating func measure(
    _ peer: NodeID, token: UInt64, timeout: Nanoseconds, now: Now, into outbox: inout Outbox
  ) {
    guard isLivingPeer(peer), let index = table.find(peer) else {
      outbox.pingResults.append(PingResult(token: token, outcome: .notMember))
      return
    }
    guard !pending.isFull, pending.measurementCount < PendingPings.measurementLimit else {
      outbox.pingResults.append(PingResult(token: token, outcome: .tooMany))
      return
    }
    ping(index, for: .measurement(token: token, sentAt: now.monotonic), timeout: timeout, now: now, into: &outbox)
  }

  /// The ack that a measurement waited for has come.
  mutating func measured(
    _ token: UInt64, sentAt: Instant, by sender: NodeID, now: Now, into outbox: inout Outbox
  ) {
    outbox.pingResults.append(PingResult(token: token, outcome: .answered(now.monotonic.since(sentAt))))
    if table.find(sender) != nil { answered(sender, now: now, into: &outbox) }
  }
}

/// What became of one ping that was sent to measure a round trip.
package struct PingResult: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    /// From sending the ping to taking in its ack.
    case answered(Nanoseconds)
    /// No ack came in time.
    case unanswered
    /// The peer is no living member, or is this node itself. Nothing was sent.
    case notMember
    /// So many wait for answers already that this one was not sent.
    case tooMany
  }

  /// The caller's own.
  package let token: UInt64
  package let outcome: Outcome
}
