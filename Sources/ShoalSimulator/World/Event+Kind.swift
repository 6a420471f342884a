package import ShoalCore

/// What an event is about, without its payload.
package enum EventKind: UInt8, Sendable, BitwiseCopyable {
  case joined, updated, suspected, recovered, died, left, reaped, admitted, isolated, isolationEnded, joinFailed,
    stopped, metadataChanged, coordinatorChanged
}

extension Event {
  package var kind: EventKind {
    switch self {
    case .joined: .joined
    case .updated: .updated
    case .metadataChanged: .metadataChanged
    case .suspected: .suspected
    case .recovered: .recovered
    case .died: .died
    case .left: .left
    case .reaped: .reaped
    case .admitted: .admitted
    case .isolated: .isolated
    case .isolationEnded: .isolationEnded
    case .joinFailed: .joinFailed
    case .coordinatorChanged: .coordinatorChanged
    case .stopped: .stopped
    }
  }

  /// Whom it is about; nil for the node's own attempts, its coordinator and its end.
  package var member: Member? {
    switch self {
    case .joined(let member), .updated(let member), .metadataChanged(let member), .suspected(let member),
      .recovered(let member),
      .died(let member), .left(let member), .reaped(let member), .admitted(let member, _):
      member
    case .isolated, .isolationEnded, .joinFailed, .coordinatorChanged, .stopped: nil
    }
  }
}
