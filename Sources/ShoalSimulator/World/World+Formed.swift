import ShoalCore

extension World {
  /// Starts `count` nodes, `node-0` and so on, that know each other already: as after convergence, without the joins.
  ///
  /// Periodic work of the nodes begins at drawn instants of their first interval; let a few of them pass before measuring. What
  /// nodes tell of each other's entry is not published, so checkers that rebuild views from events must be off. Nodes share the memory
  /// of what they know until each learns something of its own.
  package func startFormed(_ count: Int) {
    precondition(checks == .off, "a cluster that starts formed publishes no joins that checkers could follow")
    let first = machines.count
    let founder = SeedAddress.endpoint(Machine.endpoint(at: first))
    var started: [VirtualNode] = []
    var records: [Record] = []
    for position in 0..<count {
      let machine = machine(named: "node-\(first + position)")
      machines[Int(machine)].seeds = [founder]
      let node = launch(on: machine)
      started.append(node)
      records.append(
        Record(
          id: node.id, incarnation: 1, seniority: UInt64(position + 1), role: .member, versions: .current,
          salt: node.salt, endpoint: machines[Int(machine)].endpoint, name: node.name, tags: [:], supersedes: nil))
    }
    guard let any = started.first else { return }
    let view = FormedView(records, now: any.now(at: clock))
    for node in started {
      call(node) { engine, now, outbox in
        engine.adopt(view, seeds: [founder], now: now, into: &outbox)
      }
    }
  }
}
