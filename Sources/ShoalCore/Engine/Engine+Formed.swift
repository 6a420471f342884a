extension Engine {
  /// Enters a cluster that has formed already, as after a join through which everybody was heard of: for simulations of large
  /// clusters, in which real joins would take longer than what is simulated.
  ///
  /// Nothing is sent, and no event is published about anybody but this node. Does nothing after `join`, or when this node is not
  /// among the records. O(N).
  ///
  /// - Parameters:
  ///   - records: of every member, this node's own among them; shared between all engines that are given the same array.
  ///   - addresses: the seeds that are asked again when they are lost.
  package mutating func adoptView(
    _ records: [Record], seeds addresses: [SeedAddress], now: Now, into outbox: inout Outbox
  ) {
    guard phase == .idle, let own = records.first(where: { $0.id == record.id }) else { return }
    seeds.addresses = addresses
    enter(as: own, now: now, into: &outbox)
    // The shuffled schedule needs no telling: its first round begins with everybody who is living then.
    for other in records where other.id != own.id {
      ring.note(table.insert(other, status: .alive, now: now), due: now.monotonic)
    }
    outbox.events.append(.admitted(myself, founded: false))
    endRoundIfOver(now: now, into: &outbox)
  }
}
