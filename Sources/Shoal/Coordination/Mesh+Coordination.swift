public import ShoalCore

/// Who coordinates: derived from the view without a vote. `docs/COORDINATION.md` says what holds.
extension Mesh {
  /// The reign that this node follows; nil while it knows of none, and once it has stopped.
  ///
  /// For up to two seconds of a hand-over it is still the reign before. Whether this node may act as coordinator is `isCoordinator`.
  public var coordinator: Reign? { hasStopped ? nil : driver.read { $0.coordinator } }

  /// Whether this node coordinates, by its own account. Without a quorum another one may as well on the other side of a split; with one
  /// nobody else does at this moment. What takes effect later needs a `fencingToken()`, checked where it does.
  public var isCoordinator: Bool { !hasStopped && isReigning }

  /// What this node does about coordination.
  public var coordinationState: CoordinationState {
    let now = SystemClock.now().monotonic
    return hasStopped ? .inactive : driver.read { $0.coordinationState(at: now) }
  }

  /// How this node stands with the seats, while it coordinates with a quorum or tries to; nil otherwise.
  public var lease: LeaseState? {
    let now = SystemClock.now().monotonic
    return hasStopped ? nil : driver.read { $0.leaseState(at: now) }
  }

  private var isReigning: Bool {
    let now = SystemClock.now().monotonic
    return driver.read { $0.isCoordinator(at: now) }
  }

  /// The latest reigns that this node has followed, oldest first; at most 64.
  public var reignHistory: [PastReign] { driver.read { $0.reignHistory } }

  /// Who of several is named: as configured, and the same on all nodes.
  public var coordinatorPolicy: CoordinatorPolicy { driver.configuration.core.coordination.policy }

  /// Whose consent a coordinator needs: as configured, and the same on all nodes.
  public var quorum: Quorum { driver.configuration.core.coordination.quorum }

  private var hasStopped: Bool { phase == .stopped }
}
