public import ShoalCore

/// What happened in the mesh, as this node sees it.
public enum MeshEvent: Sendable, Equatable {
  /// The living members at the moment the sequence begins; always the first event.
  case snapshot([Member])
  /// A member was seen for the first time.
  case joined(Member)
  /// A living member changed its record.
  case updated(Member)
  /// A living member's metadata has changed, and the bytes are at hand: ask `Mesh.metadata(of:)`.
  case metadataChanged(Member)
  /// A living member is now suspected.
  case suspected(Member)
  /// A suspect or dead member is alive again.
  case recovered(Member)
  /// A member was declared dead.
  case died(Member)
  /// A member left, for the reason in its record.
  case left(Member)
  /// A dead or left member was forgotten.
  case reaped(Member)
  /// This node was admitted, or founded its cluster.
  case admitted(Member)
  /// This node hears nobody: it is cut off, accuses nobody, and its view is not to be relied on.
  case isolated
  /// It hears somebody again, or has waited long enough to take itself for the last one.
  case isolationEnded
  /// Another member coordinates, or the same one under another epoch; nil: nobody does, as far as this node knows. At most one waits for a
  /// slow reader: the latest.
  case coordinatorChanged(Reign?)
  /// An attempt to join failed, in a sentence; another follows.
  case joinFailed(String)
  /// This node is out; the sequence ends.
  case stopped(MeshStopReason)

  /// The member it speaks of.
  public var member: Member? {
    switch self {
    case .joined(let member), .updated(let member), .metadataChanged(let member), .suspected(let member),
      .recovered(let member), .died(let member), .left(let member), .reaped(let member), .admitted(let member):
      member
    case .snapshot, .isolated, .isolationEnded, .coordinatorChanged, .joinFailed, .stopped: nil
    }
  }
}

/// Why a node is out of the mesh.
public enum MeshStopReason: Sendable, Hashable {
  /// `shutdown()` ended it without a goodbye.
  case shutdown
  /// It left: by `leave()`, evicted, superseded, or in a conflict of names.
  case left(LeaveReason)
  /// The cluster refused it.
  case refused(Refusal)
}

extension MeshEvent {
  init(_ event: Event) {
    switch event {
    case .joined(let member): self = .joined(member)
    case .updated(let member): self = .updated(member)
    case .metadataChanged(let member): self = .metadataChanged(member)
    case .suspected(let member): self = .suspected(member)
    case .recovered(let member): self = .recovered(member)
    case .died(let member): self = .died(member)
    case .left(let member): self = .left(member)
    case .reaped(let member): self = .reaped(member)
    case .admitted(let member, _): self = .admitted(member)
    case .isolated: self = .isolated
    case .isolationEnded: self = .isolationEnded
    case .coordinatorChanged(let reign): self = .coordinatorChanged(reign)
    case .joinFailed(let failure): self = .joinFailed(failure.explanation)
    case .stopped(.left(let reason)): self = .stopped(.left(reason))
    case .stopped(.refused(let refusal)): self = .stopped(.refused(refusal))
    }
  }
}
