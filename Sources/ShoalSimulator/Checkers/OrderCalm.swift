import ShoalCore

/// Whether anything has happened for which a member may lose its place in total order.
///
/// Rightly lose it those who were split or cut off, stood still for long, started anew, or are not known yet to the next sequencer. None of
/// that is so where all hold their places under one reign after a time without any fault, and where since then members have only gone and
/// others have coordinated: then whatever one of those who stay holds, the next sequencer can take from it.
struct OrderCalm {
  /// Connections that a fault has held up have caught up so long after its end.
  static let recovery = Nanoseconds.seconds(30)

  private var disturbedAt = Clock.origin
  /// Since when all have held their places and may not lose them; nil while some may.
  private(set) var since: Instant?

  /// Something has happened for which a member may lose its place.
  mutating func disturb(at now: Instant) {
    disturbedAt = now
    since = nil
  }

  /// Looks whether all hold their places, when enough time has passed for it to count.
  mutating func look(at now: Instant, doAllHoldTheirs: () -> Bool) {
    guard since == nil, now.since(disturbedAt) >= Self.recovery, doAllHoldTheirs() else { return }
    since = now
  }
}

extension World {
  /// Whether a member that is told now that it has lost its place should have kept it.
  func keepsPlace(_ node: VirtualNode) -> Bool {
    orderCalm.since != nil && node.isAdmitted && isUndisturbed
  }

  func lookForCalmOrder() {
    orderCalm.look(at: clock) {
      isUndisturbed && isOneView && hasOneCoordinator
        && nodes.allSatisfy { !$0.isAdmitted || $0.broadcaster.isInPlace }
    }
  }

  private var isUndisturbed: Bool {
    active.isEmpty && network.conditions.lossPerMillion == 0 && network.conditions.spikesPerMillion == 0
      && !nodes.contains {
        ($0.state == .running || $0.state == .paused) && $0.isImpaired(at: clock, within: OrderCalm.recovery)
      }
  }
}
