import ShoalCore

/// Calls into engines, and what follows from them.
extension World {
  /// The machine of a name, built when it is new.
  func machine(named name: String) -> Int32 {
    if let known = machineByName[name] { return known }
    let index = Int32(machines.count)
    machines.append(Machine(name: name, endpoint: Machine.endpoint(at: Int(index)), seeds: []))
    machineByName[name] = index
    return index
  }

  /// The process that runs on a machine, paused or not.
  func process(on machine: Int32) -> VirtualNode? {
    guard machines[Int(machine)].process >= 0 else { return nil }
    let node = nodes[Int(machines[Int(machine)].process)]
    return node.state == .running || node.state == .paused ? node : nil
  }

  /// Starts a process and lets it join.
  func begin(on machine: Int32, addresses: [SeedAddress]) {
    let node = launch(on: machine)
    call(node) { engine, now, outbox in engine.perform(.join(seeds: addresses), now: now, into: &outbox) }
  }

  /// Ends a process; nothing reaches it any more.
  func end(_ node: VirtualNode, as state: ProcessState) {
    for case .packet(let id) in node.backlog { pool.discard(id) }
    for case .frame(_, let id, _) in node.backlog { pool.discard(id) }
    node.backlog.removeAll()
    node.state = state
    node.scheduledWake = nil
    node.endedAt = clock
    countView(of: node)
  }

  func beginDeparture(of node: VirtualNode, kind: Departure.Kind) {
    departureOf[node.index] = departures.count
    departures.append(Departure(name: node.name, kind: kind, instant: clock))
  }

  /// Makes one call into an engine and carries out what it wants.
  func call(_ node: VirtualNode, _ body: (inout Engine, Now, inout Outbox) -> Void) {
    body(&node.engine, Clock.now(at: clock), &outbox)
    carryOut(node)
  }

  private func carryOut(_ node: VirtualNode) {
    for transmit in outbox.transmits { send(transmit, from: node) }
    for action in outbox.streamActions { carryOut(action, of: node) }
    let hadEvents = !outbox.events.isEmpty
    for event in outbox.events { publish(event, of: node) }
    outbox.removeAll()
    if node.state == .running, node.engine.phase == .stopped {
      end(node, as: .stopped)
      return
    }
    if checks == .all, hadEvents { safety.checkSelf(node, now: clock) }
    countView(of: node)
    armWake(of: node)
  }

  /// Keeps one wake-up in the queue that counts: the engine's next deadline.
  private func armWake(of node: VirtualNode) {
    guard let deadline = node.engine.nextDeadline else { return }
    if let scheduled = node.scheduledWake, scheduled <= deadline { return }
    let wake = max(deadline, clock)
    node.scheduledWake = wake
    queue.add(.wake(process: node.index), at: wake)
  }

  func wake(_ index: Int32) {
    let node = nodes[Int(index)]
    guard node.state == .running, node.scheduledWake == clock else { return }
    node.scheduledWake = nil
    call(node) { engine, now, outbox in engine.advance(to: now, into: &outbox) }
  }

  /// Takes a node's present view into the count.
  func countView(of node: VirtualNode) {
    let standing: ViewStanding =
      switch (node.state, node.engine.phase) {
      case (.running, .admitted): .admitted(fingerprint: node.engine.fingerprint)
      case (.running, .idle), (.running, .joining): .joining
      case (.running, .leaving), (.running, .stopped): .absent
      case (.paused, _): .paused
      case (.crashed, _), (.stopped, _): .absent
      }
    guard standing != node.standing else { return }
    tally.change(from: node.standing, to: standing)
    node.standing = standing
    viewVersion += 1
  }
}
