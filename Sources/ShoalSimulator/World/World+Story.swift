import ShoalCore

/// The verbs of a story. Each happens at the present moment. Nodes are called by name; a restart is the same name.
///
/// A verb that cannot happen (crashing what does not run) does nothing and returns false, so that a drawn scenario may be
/// careless; `faults` counts what did happen.
extension World {
  /// Starts `count` nodes, `node-0` and so on: the first founds the cluster, the others join through the first `seeds` of them,
  /// all at once.
  @discardableResult
  public func start(_ count: Int, seeds: Int = 1) -> [String] {
    let first = machines.count
    let names = (first..<first + count).map { "node-\($0)" }
    let seedNames = Array(names.prefix(max(1, seeds)))
    for name in names { join(name, through: seedNames) }
    return names
  }

  /// Starts a node that joins through `seeds`, itself among them or not; with no seed but itself it founds a cluster.
  ///
  /// - Parameter byHostName: give the seeds as host names, which the node has to look up.
  @discardableResult
  public func join(_ name: String, through seeds: [String], byHostName: Bool = false) -> Bool {
    let index = machine(named: name)
    guard process(on: index) == nil else { return false }
    machines[Int(index)].seeds = seeds.map { seed in
      byHostName
        ? .host(seed, port: Machine.port) : .endpoint(machines[Int(machine(named: seed))].endpoint)
    }
    let own = SeedAddress.endpoint(machines[Int(index)].endpoint)
    // The founder of a story has nobody to wait for, even when it knows of seeds that will come.
    let addresses = seeds.first == name && !byHostName ? [own] : machines[Int(index)].seeds
    begin(on: index, addresses: addresses)
    faults.joins += 1
    return true
  }

  /// Kills the process. Its port refuses connections from now on; with `.power` the whole machine falls silent.
  @discardableResult
  public func crash(_ name: String, _ kind: CrashKind = .process) -> Bool {
    guard let node = node(named: name) else { return false }
    let isRunning = node.state == .running || node.state == .paused
    guard isRunning else { return false }
    if kind == .power { machines[Int(node.machine)].isPowered = false }
    end(node, as: .crashed, isSilent: kind == .power || node.isFrozen)
    if kind == .process { faults.crashes += 1 } else { faults.powerCuts += 1 }
    beginDeparture(of: node, kind: .crash)
    return true
  }

  /// Starts a new process under the same name, killing the old one if it still runs. Default: at the same address, with the seeds
  /// it was first started with.
  @discardableResult
  public func restart(_ name: String, _ kind: Fault.Restart = .stale) -> Bool {
    guard let old = node(named: name), old.engine.phase != .leaving || old.state == .stopped else { return false }
    crash(name)
    let place = machines[Int(old.machine)]
    switch kind {
    case .stale: begin(on: old.machine, addresses: place.seeds)
    case .fresh: begin(on: old.machine, addresses: presentSeeds(for: place))
    case .elsewhere:
      let seeds = presentSeeds(for: place)
      let machine = buildMachine(named: name)
      machines[Int(machine)].seeds = seeds
      machines[Int(machine)].build = place.build
      begin(on: machine, addresses: seeds)
      faults.moves += 1
    }
    faults.restarts += 1
    return true
  }

  /// The addresses of up to three members; the seeds of old when there is none.
  private func presentSeeds(for place: Machine) -> [SeedAddress] {
    var addresses: [SeedAddress] = []
    for node in nodes where addresses.count < 3 && node.isAdmitted && node.name != place.name {
      addresses.append(.endpoint(machines[Int(node.machine)].endpoint))
    }
    return addresses.isEmpty ? place.seeds : addresses
  }

  /// Stops the process as SIGSTOP does: its kernel accepts connections and queues datagrams, and time goes on.
  @discardableResult
  public func pause(_ name: String) -> Bool { halt(name, isFrozen: false) }

  /// Stops the whole machine, as a virtual one can be: nothing answers, and datagrams to it are lost.
  @discardableResult
  public func freeze(_ name: String) -> Bool { halt(name, isFrozen: true) }

  private func halt(_ name: String, isFrozen: Bool) -> Bool {
    guard let node = node(named: name), node.state == .running else { return false }
    node.state = .paused
    node.isFrozen = isFrozen
    node.scheduledWake = nil
    node.impairedSince = clock
    lastDisturbance = clock
    if isFrozen { faults.freezes += 1 } else { faults.pauses += 1 }
    countView(of: node)
    return true
  }

  /// Lets a paused or frozen process go on: it finds that it is late, reads what has come, and then handles its timers.
  @discardableResult
  public func resume(_ name: String) -> Bool {
    guard let node = node(named: name), node.state == .paused else { return false }
    node.state = .running
    node.isFrozen = false
    recover(node)
    tellStall(of: node, lag: lag(of: node))
    catchUp(node)
    return true
  }

  /// Holds up everything that a node sends and receives; its timers run.
  @discardableResult
  public func blockIO(_ name: String) -> Bool {
    guard let node = node(named: name), node.state == .running, !node.isBlocked else { return false }
    node.isBlocked = true
    node.impairedSince = node.impairedSince ?? clock
    lastDisturbance = clock
    faults.blocks += 1
    return true
  }

  /// Delivers what was held up: first what was sent, then what was received.
  @discardableResult
  public func unblockIO(_ name: String) -> Bool {
    guard let node = node(named: name), node.isBlocked else { return false }
    node.isBlocked = false
    sendUnsent(of: node)
    endStarvation(of: node)
    return true
  }

  /// Lets a node receive nothing; its timers run and its sends leave.
  @discardableResult
  public func starve(_ name: String) -> Bool {
    guard let node = node(named: name), node.state == .running, !node.isStarved else { return false }
    node.isStarved = true
    node.impairedSince = node.impairedSince ?? clock
    lastDisturbance = clock
    faults.starvations += 1
    return true
  }

  /// Lets a starved node receive what has come.
  @discardableResult
  public func feed(_ name: String) -> Bool {
    guard let node = node(named: name), node.isStarved else { return false }
    node.isStarved = false
    endStarvation(of: node)
    return true
  }

  /// The driver sees how long its input, or a send, has waited.
  private func endStarvation(of node: VirtualNode) {
    guard node.state == .running, !node.holdsInput else { return }
    let span = node.impairedSince.map { clock.since($0) } ?? 0
    recover(node)
    if span > Self.tolerableLag {
      faults.stalls += 1
      call(node) { engine, now, outbox in engine.stalled(by: span, now: now, into: &outbox) }
    }
    catchUp(node)
  }

  private func recover(_ node: VirtualNode) {
    lastDisturbance = clock
    if !node.holdsInput { node.impairedSince = nil }
    node.recoveredAt = clock
  }

  /// Makes a node handle everything this much late; zero makes it prompt again.
  @discardableResult
  public func slow(_ name: String, by span: Duration) -> Bool {
    guard let node = node(named: name), node.state == .running || node.state == .paused else { return false }
    if node.delay > 0 { node.recoveredAt = clock }
    node.delay = Nanoseconds(span)
    lastDisturbance = clock
    if node.delay > 0 { faults.slowdowns += 1 }
    return true
  }

  /// Lets a machine's clocks run fast, or slow when negative, by so many millionths; zero sets them right again.
  @discardableResult
  public func setClockRate(of name: String, perMillion deviation: Int) -> Bool {
    guard let node = node(named: name), node.state == .running || node.state == .paused else { return false }
    node.clock.changeRate(perMillion: deviation, at: clock)
    if deviation != 0 { faults.clockRates += 1 }
    node.scheduledWake = nil
    armWake(of: node)
    return true
  }

  /// Lets a machine's wall clock jump. Over a second its driver takes for a copied process, and forwards also for a stall.
  @discardableResult
  public func jumpWallClock(of name: String, by span: Duration) -> Bool {
    guard let node = node(named: name), node.state == .running else { return false }
    let milliseconds = span.components.seconds * 1_000 + span.components.attoseconds / 1_000_000_000_000_000
    node.clock.jumpWall(byMilliseconds: milliseconds)
    faults.wallJumps += 1
    if milliseconds.magnitude > 1_000 { changeSalt(of: node) }
    if milliseconds > 1_000, node.state == .running {
      call(node) { engine, now, outbox in
        engine.stalled(by: .milliseconds(UInt64(milliseconds)), now: now, into: &outbox)
      }
    }
    return true
  }

  /// Asks a node to say goodbye and stop.
  @discardableResult
  public func leave(_ name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted, departureOf[node.index] == nil else { return false }
    beginDeparture(of: node, kind: .leave)
    call(node) { engine, now, outbox in engine.perform(.leave, now: now, into: &outbox) }
    faults.leaves += 1
    return true
  }

  /// Gives a node other tags: one update that everybody has to learn.
  @discardableResult
  public func setTags(_ tags: [String: String], of name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    call(node) { engine, now, outbox in engine.perform(.setTags(tags), now: now, into: &outbox) }
    faults.updates += 1
    return true
  }

  /// Gives a node other metadata, which everybody has to pull. Its later processes start with the same.
  ///
  /// - Returns: false for more than 65,536 bytes, too.
  @discardableResult
  public func setMetadata(_ bytes: [UInt8], of name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted, bytes.count <= MetadataLimits.bytes else { return false }
    machines[Int(node.machine)].metadata = bytes
    call(node) { engine, now, outbox in engine.perform(.setMetadata(bytes), now: now, into: &outbox) }
    faults.metadataChanges += 1
    return true
  }

  /// Makes a node seal under a fresh salt.
  @discardableResult
  public func renewSalt(of name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    changeSalt(of: node)
    faults.updates += 1
    return true
  }

  /// Cuts the network: the named groups, and whoever is in none, no longer hear each other. Ends an earlier split of this kind.
  public func split(_ groups: [String]...) {
    heal()
    begin(.split(groups))
  }

  /// Joins the network again: ends every split and cut.
  public func heal() {
    for fault in active where [.split, .cut, .flap].contains(fault.fault.kind) { end(fault.id) }
  }

  /// Changes how packets travel from now on.
  public func change(to conditions: NetworkConditions) {
    network.change(to: conditions)
    orderCalm.disturb(at: clock)
  }

  /// How a process dies.
  public enum CrashKind: Sendable, Hashable {
    /// The process alone: its machine refuses connections to it.
    case process
    /// The whole machine: nothing answers.
    case power
  }
}
