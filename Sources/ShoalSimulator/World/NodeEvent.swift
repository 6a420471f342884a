public import ShoalCore

/// What one node has published, as users of the world see it.
public struct NodeEvent: Sendable, Hashable {
  /// What happened. About a member: it joined, changed its record, has other metadata, was suspected, came back, died, left, or was forgotten. About the
  /// node itself: it was admitted, hears nobody or hears again, an attempt to join failed, another member
  /// coordinates, it stopped.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case joined, updated, metadataChanged, suspected, recovered, died, left, reaped, admitted, isolated, isolationEnded,
      joinFailed, coordinatorChanged, stopped
  }

  /// Virtual time since the world began.
  public let time: Duration
  /// The name of the node that published it.
  public let node: String
  public let kind: Kind
  /// Whom it is about, as that node sees it now; nil for isolation, `joinFailed`, `coordinatorChanged` and `stopped`.
  public let member: Member?
}

extension NodeEvent: CustomStringConvertible {
  public var description: String {
    "\(Clock.text(time)) \(node): \(kind.rawValue)\(member.map { " \($0.name)" } ?? "")"
  }
}

extension NodeEvent.Kind {
  init(_ kind: EventKind) {
    self =
      switch kind {
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
}
