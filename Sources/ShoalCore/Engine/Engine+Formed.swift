/// What every node of a cluster knows that has formed already: laid out once, shared by all engines that adopt it until each changes
/// its own.
package struct FormedView: ~Copyable {
  let table: MemberTable
  let ring: ProbeRing
  let hashRing: HashRing

  /// - Parameter records: of every member. O(N log N).
  package init(_ records: [Record], now: Now) {
    var table = MemberTable()
    var ring = ProbeRing()
    var hashRing = HashRing()
    for record in records {
      let index = table.insert(record, now: now)
      ring.note(index, due: now.monotonic, in: table)
      hashRing.insert(index)
    }
    ring.settle(now: now.monotonic, in: table)
    hashRing.settle(in: table)
    self.table = table
    self.ring = ring
    self.hashRing = hashRing
  }
}

extension Engine {
  /// Enters a cluster that has formed already, as after a join through which everybody was heard of: for simulations of large
  /// clusters, in which real joins would take longer than what is simulated.
  ///
  /// Nothing is sent, and no event is published about anybody but this node. Does nothing after `join`, or when this node is not
  /// in the view. O(N), to find the coordinator.
  ///
  /// - Parameter addresses: the seeds that are asked again when they are lost.
  package mutating func adopt(
    _ view: borrowing FormedView, seeds addresses: [SeedAddress], now: Now, into outbox: inout Outbox
  ) {
    guard phase == .idle, let index = view.table.find(record.id) else { return }
    defer { settleCoordination(now: now, into: &outbox) }
    seeds.addresses = addresses
    table = MemberTable(sharing: view.table)
    ring = view.ring
    hashRing = view.hashRing
    begin(at: index, now: now, into: &outbox)
    outbox.events.append(.admitted(myself, founded: false))
    endRoundIfOver(now: now, into: &outbox)
  }
}
