import ShoalCore

/// What operators do in a story. Each returns whether it was done: an agent refuses what makes no sense, and so does this.
extension World {
  /// Takes a node out of coordination. Its machine's later processes are not drained.
  @discardableResult
  public func drain(_ name: String, timeout: Duration = .seconds(30)) -> Bool {
    guard let node = node(named: name), node.isAdmitted, !node.engine.myself.flags.contains(.draining) else {
      return false
    }
    return operate(.drain(timeout: Nanoseconds(timeout)), at: node, counting: \.drains)
  }

  @discardableResult
  public func undrain(_ name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted, node.engine.myself.flags.contains(.draining) else {
      return false
    }
    return operate(.undrain, at: node, counting: \.undrains)
  }

  /// Has a node that coordinates, and that is not the only one that may, end its reign.
  @discardableResult
  public func abdicate(_ name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    return operate(.abdicate, at: node, counting: \.abdications)
  }

  /// Asks a node for a new reign, of whoever its view names.
  @discardableResult
  public func elect(at name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    return operate(.elect, at: node, counting: \.elections)
  }

  /// Has one node remove another's latest process for good, whether it lives or is dead there.
  @discardableResult
  public func evict(_ name: String, by observer: String) -> Bool {
    guard let subject = node(named: name), let node = node(named: observer), node.isAdmitted else { return false }
    guard operate(.evict(subject.id), at: node, counting: \.evictions) else { return false }
    if subject.state == .running || subject.state == .paused { beginDeparture(of: subject, kind: .evict) }
    return true
  }

  /// Evicts in a drawn story: more than half of all nodes are never evicted, and one of those that must stay does.
  func evictIfMany(_ name: String, by observer: String) {
    guard 2 * (faults.evictions + 1) < machineByName.count, mayGo(name) else { return }
    evict(name, by: observer)
  }

  private func operate(
    _ operation: Operation, at node: VirtualNode, counting field: WritableKeyPath<FaultCounts, Int>
  ) -> Bool {
    var isDone = false
    call(node) { engine, now, outbox in isDone = (try? engine.perform(operation, now: now, into: &outbox)) != nil }
    if isDone { faults[keyPath: field] += 1 }
    return isDone
  }
}
