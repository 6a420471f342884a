package import ShoalCore

/// What others hold of one member, and since when.
package struct MemberWatch {
  package let id: NodeID
  /// Virtual time at which the watch began; the other times count from here.
  package let since: Duration
  /// When somebody first suspected it, be it in private; nil while nobody did.
  package internal(set) var firstSuspected: Duration?
  /// Who held it dead when, in this order; each process once.
  package private(set) var deadAt: [(process: Int32, after: Duration)] = []
  // Looked up, never iterated.
  private var observers: Set<Int32> = []

  init(id: NodeID, since: Duration) {
    self.id = id
    self.since = since
  }

  package var firstDead: Duration? { deadAt.first?.after }
  package var lastDead: Duration? { deadAt.last?.after }

  mutating func died(by process: Int32, at now: Duration) {
    guard observers.insert(process).inserted else { return }
    deadAt.append((process, now - since))
  }
}

/// One member that was held dead under one incarnation.
package struct Death: Sendable {
  package let process: Int32
  /// It ran at the first verdict, and nothing was done to it.
  package let isFalse: Bool
  /// Somebody to whom nothing was done held it dead.
  package internal(set) var isHeldByHealthy: Bool
}
