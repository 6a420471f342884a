public import ShoalCore

/// Who coordinates: derived from the view without a vote. `docs/COORDINATION.md` says what holds.
extension Mesh {
  /// The reign that this node follows; nil while it knows of none, and once it has stopped.
  ///
  /// For up to two seconds of a hand-over it is still the reign before. Whether this node may act as coordinator is `isCoordinator`.
  public var coordinator: Reign? { hasStopped ? nil : driver.read { $0.coordinator } }

  /// Whether this node coordinates, by its own account: on the other side of a split another one may as well. An action that must not be
  /// done twice needs the epoch too, checked where it takes effect.
  public var isCoordinator: Bool { !hasStopped && driver.read { $0.isCoordinator } }

  /// What this node does about coordination.
  public var coordinationState: CoordinationState { hasStopped ? .inactive : driver.read { $0.coordinationState } }

  /// The latest reigns that this node has followed, oldest first; at most 64.
  public var reignHistory: [PastReign] { driver.read { $0.reignHistory } }

  /// Who of several is named: as configured, and the same on all nodes.
  public var coordinatorPolicy: CoordinatorPolicy { driver.configuration.core.coordination.policy }

  private var hasStopped: Bool { phase == .stopped }
}
