/// What happened, in order. Per member, events are exactly the differences between successive views.
package enum Event: Sendable, Equatable {
  /// A member was seen for the first time, alive.
  case joined(Member)
  /// A living member changed its record (address, tags, flags) without a change of status: alive, or suspect still.
  case updated(Member)
  /// A living member's metadata has changed, and the bytes are at hand; follows some time after its record was `updated` or it
  /// `joined`.
  case metadataChanged(Member)
  /// A living member is now suspected.
  case suspected(Member)
  /// A suspect or dead member is alive again.
  case recovered(Member)
  /// A member was declared dead.
  case died(Member)
  /// A member left, for the reason in its record.
  case left(Member)
  /// A dead or left member's tombstone was forgotten.
  case reaped(Member)
  /// This node was admitted (or founded its cluster).
  case admitted(Member, founded: Bool)
  /// An attempt to join through `seed` failed; another will follow unless `stopped` follows.
  case joinFailed(JoinFailure)
  /// This node hears nobody: it is cut off, accuses nobody, and its view is not to be relied on.
  case isolated
  /// It hears somebody again, or has given up waiting.
  case isolationEnded
  /// Another member coordinates, or the same one under another epoch; nil: nobody does, as far as this node knows.
  case coordinatorChanged(Reign?)
  /// This node is out of the cluster and does nothing more.
  case stopped(StopReason)
}

/// Why one attempt to join failed.
package struct JoinFailure: Sendable, Equatable {
  package enum Cause: Sendable, Equatable {
    case stream(StreamFailure)
    case refused(Refusal)
    case unresolvable
  }

  /// The seed as configured, or the endpoint behind it.
  package var seed: String
  package var cause: Cause
}

package enum StopReason: Sendable, Equatable {
  /// `leave` was asked for and its farewell has been sent.
  case left(LeaveReason)
  /// The admitting member refused for good, as for a taken name.
  case refused(Refusal)
}
