import ShoalCore

/// State files, and what must be true of coordinators with a quorum.
extension World {
  /// How long a disk takes to make something safe.
  private static let diskTime = Nanoseconds.milliseconds(5)

  /// Writes to a machine's state file; a crash before the word that it is safe leaves it written.
  func keep(_ memory: (version: UInt64, content: CoordinationMemory), of node: VirtualNode) {
    machines[Int(node.machine)].memory = memory.content
    queue.add(.memoryKept(process: node.index, version: memory.version), at: clock + Self.diskTime)
  }

  func memoryKept(_ version: UInt64, at process: Int32) {
    let node = nodes[Int(process)]
    guard !isHeldBack(.memoryKept(process: process, version: version), for: node) else { return }
    call(node) { engine, now, outbox in engine.perform(.memoryKept(version), now: now, into: &outbox) }
  }

  /// The names of running members that may act as coordinators now: each by its own account, its lease, and its clock.
  package var coordinatorsNow: [VirtualNode] { nodes.filter { $0.isCoordinator(at: clock) } }

  /// With a quorum: nobody else may act, and nobody else ever had this epoch.
  func checkNewReign(_ reign: Reign, of node: VirtualNode) {
    let others = nodes.filter {
      $0 !== node && ($0.state == .paused || $0.state == .running) && $0.holdsReign(at: clock)
    }
    if let other = others.first {
      safety.report(
        Finding(invariant: .minorityNeverCoordinates, sentence: "it coordinates while \(other.name) still may"),
        at: node, about: other.name, now: clock)
    }
    if let other = quorumEpochs[reign.epoch], other != node.id {
      safety.report(
        Finding(
          invariant: .epochsRise, sentence: "it coordinates under epoch \(reign.epoch), which \(other.short) has had"),
        at: node, about: nil, now: clock)
    }
    quorumEpochs[reign.epoch] = node.id
    faults.reignsByQuorum += 1
  }

  /// With a quorum: whoever may act has been able to reach a majority of the seats within a lease.
  func checkMinorities() {
    guard configuration.coordination.quorum != .none else { return }
    // Clocks may run slow, and what was on its way when a link was cut still counts.
    let grace = Nanoseconds(configuration.coordination.leaseTime) * 9 / 8 + 2 * Self.checkpointInterval
    for node in nodes {
      guard node.isCoordinator(at: clock), !reachesMajority(node) else {
        node.inMinoritySince = nil
        continue
      }
      let since = node.inMinoritySince ?? clock
      node.inMinoritySince = since
      guard clock.since(since) > grace else { continue }
      safety.report(
        Finding(
          invariant: .minorityNeverCoordinates,
          sentence:
            "it coordinates, and has reached no majority of the seats for \(Clock.text(.nanoseconds(Int64(clock.since(since)))))"
        ),
        at: node, about: nil, now: clock)
    }
  }

  private func reachesMajority(_ node: VirtualNode) -> Bool {
    // One that hears nothing still holds its own seat: where that is the only one, it may coordinate alone.
    let reached = nodes.filter { other in
      other === node
        || (other.state == .running && !other.holdsInput && areConnectedLately(node.machine, other.machine))
    }
    return holdMajority(reached, of: node.engine.seats)
  }

  /// Whether two machines reach each other now, or did a moment ago: a link that flaps in time with the checkpoints is not always down.
  private func areConnectedLately(_ one: Int32, _ other: Int32) -> Bool {
    [UInt64(0), 70, 130, 190, 310, 430].contains { ago in
      let moment = Instant(nanoseconds: clock.nanoseconds - min(clock.nanoseconds, .milliseconds(ago)))
      return !network.isCut(one, other, at: moment) && !network.isCut(other, one, at: moment)
    }
  }

  /// Whether a running member coordinates whose reign more than half of the running members follow. O(nodes).
  package var mostFollowACoordinator: Bool {
    coordinatorsNow.contains { coordinator in
      let reign = coordinator.engine.coordinator
      guard reign?.coordinator == coordinator.id else { return false }
      var (followers, members) = (0, 0)
      for node in nodes where node.isAdmitted {
        members += 1
        if node.engine.coordinator == reign { followers += 1 }
      }
      return 2 * followers > members
    }
  }

  /// Whether exactly those who may coordinate do: one that all follow where a majority of the seats is held by members, nobody elsewhere.
  package var hasRightCoordinator: Bool {
    guard configuration.coordination.quorum != .none else { return hasOneCoordinator }
    let admitted = nodes.filter(\.isAdmitted)
    let seats = admitted.compactMap { $0.engine.seats }.max { ($0.change, $0.epoch) < ($1.change, $1.epoch) }
    let isPossible =
      seats.map { holdMajority(admitted, of: $0) }
      ?? (admitted.count >= configuration.coordination.quorum.seatCount)
    return isPossible ? hasOneCoordinator : coordinatorsNow.isEmpty
  }

  /// The hashes of the names that have seats, as a node knows them; empty while it knows of none.
  package func seats(at name: String) -> [UInt64] { node(named: name)?.engine.seats?.names ?? [] }

  private func holdMajority(_ holders: [VirtualNode], of seats: SeatList?) -> Bool {
    guard let seats else { return false }
    let names = Set(holders.map { StableHash.hash(of: $0.name) })
    return seats.names.count { names.contains($0) } >= configuration.coordination.quorum.majority
  }
}
