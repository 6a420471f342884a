import ShoalCore

/// A fault that goes on.
struct ActiveFault {
  let id: FaultID
  let fault: Fault
  /// The number of its order; nil when it was begun by hand.
  let order: Int32?
}

/// Somebody who sends forged datagrams.
struct ActiveForgery {
  let id: FaultID
  let targets: [Int32]
  let interval: Nanoseconds
}

/// Faults as values: ordered for later, begun and ended.
extension World {
  /// Orders faults for their times. Those that lie in the past begin at the next step.
  public func order(_ faults: [ScheduledFault]) {
    for fault in faults {
      queue.add(.faultBegins(Int32(scheduled.count)), at: max(clock, Clock.origin + Nanoseconds(fault.starts)))
      scheduled.append(fault)
    }
  }

  /// Begins a fault now. Moments happen; whatever goes on does so until `end` or `healEverything`.
  ///
  /// - Returns: nil for a moment.
  @discardableResult
  public func begin(_ fault: Fault) -> FaultID? {
    guard !fault.kind.isMoment else {
      happen(fault)
      return nil
    }
    return start(fault, order: nil)
  }

  /// Ends a fault that goes on; does nothing when it has ended.
  public func end(_ id: FaultID) {
    guard let position = active.firstIndex(where: { $0.id == id }) else { return }
    let ended = active.remove(at: position)
    note(ended.fault.kind)
    orderCalm.disturb(at: clock)
    network.removeRule(id)
    endRotation(id)
    forgeries.removeAll { $0.id == id }
    undo(ended.fault)
  }

  /// Ends every fault that goes on, lets every process run, and gives the network back its best.
  public func healEverything() {
    for fault in active { end(fault.id) }
    for name in allNames {
      resume(name)
      unblockIO(name)
      feed(name)
      slow(name, by: .zero)
      setClockRate(of: name, perMillion: 0)
    }
    change(to: .lan)
    ordersOver = Int32(scheduled.count)
  }

  // MARK: Orders

  func faultBegins(_ number: Int32) {
    // Orders that everything was healed of do not come any more.
    guard number >= ordersOver else { return }
    let order = scheduled[Int(number)]
    guard !order.fault.kind.isMoment else {
      happen(order.fault)
      return
    }
    start(order.fault, order: number)
    if let span = order.lasts { queue.add(.faultEnds(number), at: clock + Nanoseconds(span)) }
  }

  func faultEnds(_ number: Int32) {
    if let fault = active.first(where: { $0.order == number }) { end(fault.id) }
  }

  func forgeryDue(_ raw: Int32) {
    guard let forgery = forgeries.first(where: { $0.id.raw == Int(raw) }) else { return }
    forge(forgery)
    queue.add(.forgeryDue(raw), at: clock + forgery.interval)
  }

  // MARK: Moments

  private func happen(_ fault: Fault) {
    if !fault.kind.leavesPlaces { orderCalm.disturb(at: clock) }
    switch fault {
    case .crash(let nodes): for name in names(nodes) where mayGo(name) { crash(name) }
    case .cutPower(let nodes): for name in names(nodes) where mayGo(name) { crash(name, .power) }
    case .restart(let nodes, let kind): for name in names(nodes) where mayGo(name) { restart(name, kind) }
    case .upgrade(let nodes, let build): for name in names(nodes) where mayGo(name) { upgrade(name, to: build) }
    case .join(let nodes, let seeds):
      let count = names(nodes).count { join($0, through: seeds) }
      if count >= Self.mass { faults.massJoins += 1 }
    case .leave(let nodes):
      let count = names(nodes).count { mayGo($0) && leave($0) }
      if count >= Self.mass { faults.massLeaves += 1 }
    case .changeTags(let nodes):
      for name in names(nodes) { setTags(["since": "\(now.components.seconds)"], of: name) }
    case .changeMetadata(let nodes, let bytes):
      for (position, name) in names(nodes).enumerated() {
        setMetadata(Self.metadata(count: bytes, seed: clock.nanoseconds &+ UInt64(position)), of: name)
      }
    case .renewSalt(let nodes): for name in names(nodes) { renewSalt(of: name) }
    case .jumpWallClock(let nodes, let span): for name in names(nodes) { jumpWallClock(of: name, by: span) }
    case .drain(let nodes, let timeout): for name in names(nodes) { drain(name, timeout: timeout) }
    case .undrain(let nodes): for name in names(nodes) { undrain(name) }
    case .abdicate(let nodes): for name in names(nodes) { abdicate(name) }
    case .elect(let nodes): for name in names(nodes) { elect(at: name) }
    case .evict(let nodes, let observer): for name in names(nodes) { evictIfMany(name, by: observer) }
    case .pause, .freeze, .blockIO, .starve, .smallBuffers, .slow, .clockRate, .loss, .bursts, .duplicates, .reorder,
      .spikes, .corruption, .truncation, .sizeLimit, .replay, .forge, .rotateKeys, .split, .cut, .flap, .refuseStreams,
      .resetStreams, .halfOpenStreams, .stallStreams:
      break
    }
  }

  private static func metadata(count: Int, seed: UInt64) -> [UInt8] {
    var random = PRNG(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count { bytes.write(random.next()) }
    bytes.removeSubrange(count...)
    return bytes
  }

  /// From so many at once on a join or leave counts as one of a mass.
  private static let mass = 5

  /// Whether one of those that must stay is left without this one, at the address at which others look for it.
  func mayGo(_ name: String) -> Bool {
    keepsOneOf.isEmpty || keepsOneOf.contains { $0 != name && isAtItsFirstAddress($0) }
  }

  private func isAtItsFirstAddress(_ name: String) -> Bool {
    guard let node = node(named: name), node.isAdmitted else { return false }
    return machines.firstIndex { $0.name == name } == Int(node.machine)
  }

  // MARK: Spans

  @discardableResult
  private func start(_ fault: Fault, order: Int32?) -> FaultID {
    let id = drawFaultID()
    active.append(ActiveFault(id: id, fault: fault, order: order))
    note(fault.kind)
    orderCalm.disturb(at: clock)
    if let rule = rule(fault, id: id) {
      network.add(rule)
      faults.linkFaults += 1
    }
    switch fault {
    case .pause(let nodes): for name in names(nodes) { pause(name) }
    case .freeze(let nodes): for name in names(nodes) { freeze(name) }
    case .blockIO(let nodes): for name in names(nodes) { blockIO(name) }
    case .starve(let nodes): for name in names(nodes) { starve(name) }
    case .smallBuffers(let nodes, let bytes): for name in names(nodes) { setReceiveBuffer(of: name, to: bytes) }
    case .rotateKeys(let nodes): beginRotation(id, by: names(nodes))
    case .slow(let nodes, let span): for name in names(nodes) { slow(name, by: span) }
    case .clockRate(let nodes, let rate): for name in names(nodes) { setClockRate(of: name, perMillion: rate) }
    case .split: faults.splits += 1
    case .cut: faults.cuts += 1
    case .flap: faults.flaps += 1
    case .forge(let nodes, let rate):
      let targets = names(nodes).map { machine(named: $0) }
      forgeries.append(
        ActiveForgery(id: id, targets: targets, interval: .seconds(1) / UInt64(max(1, rate))))
      queue.add(.forgeryDue(Int32(truncatingIfNeeded: id.raw)), at: clock)
    case .resetStreams: resetStreams()
    case .crash, .cutPower, .restart, .upgrade, .join, .leave, .changeTags, .changeMetadata, .renewSalt, .jumpWallClock,
      .drain, .undrain, .abdicate, .elect, .evict,
      .loss, .bursts,
      .duplicates, .reorder, .spikes, .corruption, .truncation, .sizeLimit, .replay, .refuseStreams, .halfOpenStreams,
      .stallStreams:
      break
    }
    return id
  }

  /// Remembers when something last began or ended after which members may be taken for dead.
  private func note(_ kind: FaultKind) {
    guard kind.disturbs else { return }
    lastDisturbance = clock
    if kind != .loss { lastSplit = clock }
  }

  /// Breaks the connections that are there; later ones break at their first byte.
  private func resetStreams() {
    for link in links.all
    where network.streamTrouble(from: link.dialerMachine, to: link.machine) == .reset && link.acceptor.isOpen {
      faults.streamsReset += 1
      for toDialer in [true, false] {
        queue.add(.linkEnds(link.id, .reset, toDialer: toDialer), at: clock + network.plainTrip())
      }
    }
  }

  /// Lets the processes go on that a fault has held; faults of links end with their rules.
  private func undo(_ fault: Fault) {
    switch fault {
    case .pause(let nodes), .freeze(let nodes): for name in names(nodes) { resume(name) }
    case .blockIO(let nodes): for name in names(nodes) { unblockIO(name) }
    case .starve(let nodes): for name in names(nodes) { feed(name) }
    case .smallBuffers(let nodes, _): for name in names(nodes) { setReceiveBuffer(of: name, to: SocketBuffer.bytes) }
    case .slow(let nodes, _): for name in names(nodes) { slow(name, by: .zero) }
    case .clockRate(let nodes, _): for name in names(nodes) { setClockRate(of: name, perMillion: 0) }
    case .crash, .cutPower, .restart, .upgrade, .join, .leave, .changeTags, .changeMetadata, .renewSalt, .jumpWallClock,
      .drain, .undrain, .abdicate, .elect, .evict,
      .loss, .bursts,
      .duplicates, .reorder, .spikes, .corruption, .truncation, .sizeLimit, .replay, .forge, .rotateKeys, .split, .cut,
      .flap,
      .refuseStreams, .resetStreams, .halfOpenStreams, .stallStreams:
      break
    }
  }

  // MARK: Targets

  private func names(_ nodes: Nodes) -> [String] {
    switch nodes {
    case .everyone: allNames
    case .named(let names): names
    }
  }

  private func machineSet(_ nodes: Nodes) -> MachineSet {
    switch nodes {
    case .everyone: .everything
    case .named(let names): MachineSet(names.map { machine(named: $0) })
    }
  }

  /// What a fault does to links; nil when it does nothing to them.
  private func rule(_ fault: Fault, id: FaultID) -> LinkRule? {
    func make(_ links: Links, _ effect: LinkRule.Effect) -> LinkRule {
      LinkRule(
        id: id, effect: effect, senders: machineSet(links.senders), receivers: machineSet(links.receivers),
        isMutual: links.isMutual, since: clock)
    }
    switch fault {
    case .loss(let links, let percent): return make(links, .loss(perMillion: percent * 10_000))
    case .bursts(let links, let percent, let length):
      let toGood = 1_000_000 / max(1, length)
      // In the long run bad : good = toBad : toGood.
      let share = min(99, max(0, percent))
      return make(
        links, .bursts(toBadPerMillion: min(1_000_000, toGood * share / (100 - share)), toGoodPerMillion: toGood))
    case .duplicates(let links, let percent): return make(links, .duplicates(perMillion: percent * 10_000))
    case .reorder(let links, let percent, let span):
      return make(links, .late(perMillion: percent * 10_000, by: Nanoseconds(span), isDrawn: true))
    case .spikes(let links, let percent, let span):
      return make(links, .late(perMillion: percent * 10_000, by: Nanoseconds(span), isDrawn: false))
    case .corruption(let links, let percent): return make(links, .corruption(perMillion: percent * 10_000))
    case .truncation(let links, let percent): return make(links, .truncation(perMillion: percent * 10_000))
    case .sizeLimit(let links, let bytes): return make(links, .sizeLimit(bytes: bytes))
    case .replay(let links, let percent, let span, let elsewhere):
      return make(links, .replay(perMillion: percent * 10_000, within: Nanoseconds(span), elsewhere: elsewhere))
    case .cut(let links): return make(links, .cut)
    case .flap(let links, let down, let up): return make(links, .flap(down: Nanoseconds(down), up: Nanoseconds(up)))
    case .refuseStreams(let links): return make(links, .refuseStreams)
    case .resetStreams(let links): return make(links, .resetStreams)
    case .halfOpenStreams(let links): return make(links, .halfOpenStreams)
    case .stallStreams(let links): return make(links, .stallStreams)
    case .split(let groups): return make(.all, .split(sides: sides(of: groups)))
    case .crash, .cutPower, .restart, .upgrade, .join, .leave, .changeTags, .changeMetadata, .renewSalt, .jumpWallClock,
      .drain, .undrain, .abdicate, .elect, .evict,
      .pause, .freeze,
      .blockIO, .starve, .smallBuffers, .slow, .clockRate, .forge, .rotateKeys:
      return nil
    }
  }

  /// Which side each machine is on; whoever is named in no group is on side 0, also those that come later.
  private func sides(of groups: [[String]]) -> [UInt8] {
    var sides = [UInt8](repeating: 0, count: machines.count)
    for (side, group) in groups.enumerated() {
      for name in group {
        let index = Int(machine(named: name))
        while sides.count <= index { sides.append(0) }
        sides[index] = UInt8(clamping: side + 1)
      }
    }
    return sides
  }
}
