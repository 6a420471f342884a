import ShoalCore
import ShoalSecurity

/// Calls into engines, and what follows from them.
extension World {
  /// A driver tells its engine of a lateness above this.
  static let tolerableLag = Nanoseconds.milliseconds(50)
  /// After a lateness above this a driver seals under a new salt: its process may have been copied meanwhile.
  static let saltLag = Nanoseconds.seconds(1)

  /// The machine of a name, built when it is new.
  func machine(named name: String) -> Int32 {
    machineByName[name] ?? buildMachine(named: name)
  }

  /// A new machine, on which the name is found from now on.
  func buildMachine(named name: String) -> Int32 {
    let index = Int32(machines.count)
    machines.append(Machine(name: name, endpoint: Machine.endpoint(at: Int(index)), seeds: []))
    if let before = machineByName[name] { machines[Int(index)].metadata = machines[Int(before)].metadata }
    machineByName[name] = index
    return index
  }

  /// The process that runs on a machine, paused or not.
  func process(on machine: Int32) -> VirtualNode? {
    guard machine >= 0, machines[Int(machine)].process >= 0 else { return nil }
    let node = nodes[Int(machines[Int(machine)].process)]
    return node.state == .running || node.state == .paused ? node : nil
  }

  /// Starts a process and lets it join.
  func begin(on machine: Int32, addresses: [SeedAddress]) {
    let node = launch(on: machine)
    node.seeds = addresses
    call(node) { engine, now, outbox in engine.perform(.join(seeds: addresses), now: now, into: &outbox) }
  }

  /// Ends a process; nothing reaches it any more.
  func end(_ node: VirtualNode, as state: ProcessState, isSilent: Bool = false) {
    for case .packet(let id) in node.backlog { pool.discard(id) }
    for id in node.unsent { pool.discard(id) }
    node.backlog.removeAll()
    node.unsent.removeAll()
    node.state = state
    node.scheduledWake = nil
    if state == .stopped { stopMessages(of: node) }
    node.scheduledMessengerWake = nil
    node.channels.removeAll()
    node.endedAt = clock
    machines[Int(node.machine)].clock = node.clock
    breakLinks(of: node, isSilent: isSilent)
    countView(of: node)
    if checks == .all, state == .stopped { checkStopped(node) }
  }

  func beginDeparture(of node: VirtualNode, kind: Departure.Kind) {
    departureOf[node.index] = departures.count
    departures.append(Departure(name: node.name, kind: kind, instant: clock))
  }

  /// Makes one call into an engine and carries out what it wants.
  func call(_ node: VirtualNode, _ body: (inout Engine, Now, inout Outbox) -> Void) {
    body(&node.engine, node.now(at: clock), &outbox)
    carryOut(node)
  }

  private func carryOut(_ node: VirtualNode) {
    for transmit in outbox.transmits { send(transmit, from: node) }
    for action in outbox.streamActions { carryOut(action, of: node) }
    if let memory = outbox.memory { keep(memory, of: node) }
    let hadEvents = !outbox.events.isEmpty
    if hadEvents { for event in outbox.events { publish(event, of: node) } }
    let concernsMessages = hadEvents || !outbox.handovers.isEmpty
    if concernsMessages { tellMessenger(of: node) }
    outbox.removeAll()
    if node.state == .running, node.engine.phase == .stopped {
      end(node, as: .stopped)
      return
    }
    if checks == .all, hadEvents {
      safety.checkSelf(node, now: clock)
      safety.checkNamed(node, now: clock)
    }
    countView(of: node)
    measure(node)
    armWake(of: node)
    if concernsMessages { pumpMessages(of: node) }
  }

  // MARK: Waking

  /// Keeps one wake-up in the queue that counts: the engine's next deadline, and how late the process is to anything.
  func armWake(of node: VirtualNode) {
    guard node.state == .running else { return }
    node.engine.dropVoidTimers()
    guard let deadline = node.engine.nextDeadline else { return }
    let wake = max(node.clock.world(of: deadline) + node.delay, clock)
    if let scheduled = node.scheduledWake, scheduled <= wake { return }
    node.scheduledWake = wake
    queue.add(.wake(process: node.index), at: wake)
  }

  func wake(_ index: Int32) {
    let node = nodes[Int(index)]
    guard node.state == .running, node.scheduledWake == clock else { return }
    node.scheduledWake = nil
    if node.delay > Self.tolerableLag { tellStall(of: node, lag: node.delay) }
    guard node.state == .running else { return }
    call(node) { engine, now, outbox in engine.advance(to: now, into: &outbox) }
  }

  // MARK: Stalls

  /// How late a process is that has not run: since its first timer that is overdue.
  func lag(of node: VirtualNode) -> Nanoseconds {
    guard let deadline = node.engine.nextDeadline else { return 0 }
    return node.now(at: clock).monotonic.since(deadline)
  }

  /// What a driver does first when it runs again: a new salt after a long stall, and word to the engine.
  func tellStall(of node: VirtualNode, lag: Nanoseconds) {
    guard lag > Self.tolerableLag else { return }
    faults.stalls += 1
    if lag > Self.saltLag { changeSalt(of: node) }
    call(node) { engine, now, outbox in engine.stalled(by: lag, now: now, into: &outbox) }
  }

  func changeSalt(of node: VirtualNode) {
    let salt = drawSalt()
    node.salt = salt
    node.sealed?.setSalt(salt)
    call(node) { engine, now, outbox in engine.perform(.renewSalt(salt), now: now, into: &outbox) }
  }

  /// Hands over what has waited, in the order in which it came, then lets time go on for the process.
  func catchUp(_ node: VirtualNode) {
    var waiting: [SimulatedEvent] = []
    swap(&waiting, &node.backlog)
    node.buffered = 0
    for event in waiting { handle(event) }
    guard node.state == .running else { return }
    call(node) { engine, now, outbox in engine.advance(to: now, into: &outbox) }
    if node.state == .running { advanceMessenger(of: node) }
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
    recorder?.viewsChanged(to: tally.distinct, at: now)
    node.standing = standing
    viewVersion += 1
  }
}
