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
    end(node, as: .crashed)
    breakLinks(of: node, as: kind == .process ? .reset : .timedOut)
    if kind == .process { faults.crashes += 1 } else { faults.powerCuts += 1 }
    beginDeparture(of: node, kind: .crash)
    return true
  }

  /// Starts a new process under the same name at the same address, killing the old one if it still runs.
  @discardableResult
  public func restart(_ name: String) -> Bool {
    guard let old = node(named: name), old.engine.phase != .leaving || old.state == .stopped else { return false }
    crash(name)
    begin(on: old.machine, addresses: machines[Int(old.machine)].seeds)
    faults.restarts += 1
    return true
  }

  /// Stops the process as SIGSTOP does: packets and connections wait for it, time does not.
  @discardableResult
  public func pause(_ name: String) -> Bool {
    guard let node = node(named: name), node.state == .running else { return false }
    node.state = .paused
    node.scheduledWake = nil
    lastDisturbance = clock
    faults.pauses += 1
    countView(of: node)
    return true
  }

  /// Lets a paused process go on: it reads what has come, then finds that time has passed.
  @discardableResult
  public func resume(_ name: String) -> Bool {
    guard let node = node(named: name), node.state == .paused else { return false }
    node.state = .running
    lastDisturbance = clock
    var waiting: [SimulatedEvent] = []
    swap(&waiting, &node.backlog)
    for event in waiting { handle(event) }
    guard node.state == .running else { return true }
    call(node) { engine, now, outbox in engine.advance(to: now, into: &outbox) }
    return true
  }

  /// Asks a node to say goodbye and stop.
  @discardableResult
  public func leave(_ name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
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

  /// Makes a node seal under a fresh salt.
  @discardableResult
  public func renewSalt(of name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    node.salt = drawSalt()
    let salt = node.salt
    call(node) { engine, now, outbox in engine.perform(.renewSalt(salt), now: now, into: &outbox) }
    faults.updates += 1
    return true
  }

  /// Cuts the network: the named groups, and whoever is in none, no longer hear each other.
  public func split(_ groups: [String]...) {
    heal()
    for (side, group) in groups.enumerated() {
      for name in group { machines[Int(machine(named: name))].side = UInt8(clamping: side + 1) }
    }
    isSplit = true
    lastDisturbance = clock
    faults.splits += 1
    breakLinksAcrossSplit()
  }

  /// Joins the network again.
  public func heal() {
    guard isSplit else { return }
    for index in machines.indices { machines[index].side = 0 }
    isSplit = false
    lastDisturbance = clock
  }

  /// Changes how packets travel from now on.
  public func change(to conditions: NetworkConditions) { network.change(to: conditions) }

  /// How a process dies.
  public enum CrashKind: Sendable, Hashable {
    /// The process alone: its machine refuses connections to it.
    case process
    /// The whole machine: nothing answers.
    case power
  }
}
