import ShoalCore

/// What is checked between events: views against events, sizes against bounds, traffic against budgets.
extension World {
  /// At most so many views are compared at one checkpoint.
  private static let nodesPerCheckpoint = 8

  /// Compares every running node's view with what its events said, and returns all that was found so far. O(nodes²).
  public func verify() -> [Violation] {
    guard checks == .all else { return [] }
    for node in nodes where node.state == .running {
      safety.compareView(of: node, now: clock, isFinal: true)
      checkCoordinator(of: node)
    }
    return violations
  }

  /// Looks at sizes and traffic of every node, and compares the views of some, all in turn.
  func checkpoint() {
    let next = min(nodes.count, nextChecked + Self.nodesPerCheckpoint)
    for node in nodes[nextChecked..<next] where node.state == .running {
      safety.compareView(of: node, now: clock)
      checkCoordinator(of: node)
    }
    nextChecked = next == nodes.count ? 0 : next
    for node in nodes where node.state == .running {
      safety.checkFootprint(node, tombstoneLimit: configuration.membership.tombstoneLimit, now: clock)
      safety.checkTraffic(
        node, at: Self.checkpointInterval, probeInterval: configuration.detection.probeInterval, now: clock)
    }
    checkMinorities()
    lookForCalmOrder()
    queue.add(.checkpoint, at: clock + Self.checkpointInterval)
  }

  private func checkCoordinator(of node: VirtualNode) {
    guard configuration.coordination.isEnabled else { return }
    safety.checkCoordinator(of: node, policy: configuration.coordination.policy, now: clock)
  }

  /// What an engine must have let go of when it has stopped.
  func checkStopped(_ node: VirtualNode) {
    let left = node.engine.footprint
    guard left.timers > 0 || left.streams > 0 || !node.links.isEmpty || node.engine.nextDeadline != nil else { return }
    safety.report(
      Finding(
        invariant: .shutdownFreesAll,
        sentence: "it stopped with \(left.timers) timers, \(left.streams) streams and \(node.links.count) connections"),
      at: node, about: nil, now: clock)
  }
}
