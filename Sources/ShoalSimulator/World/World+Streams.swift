import ShoalCore
import ShoalSecurity

/// Streams on their way: how connections are made and how they end. What travels on them is in `World+Segments`.
///
/// ```
/// dialler                        far kernel                     far process
///   ── SYN, again after 1 s ────▶  refuses, accepts or is silent
///   ◀────────── SYN, ACK ────────  accepts, also for a paused process
///   streamConnected
///   ── hello ────────────────────────────────────────────────────▶  when it runs
///   ◀──────────────────────────────────────────────────── welcome ──
///   streamOpened ── confirm ─────────────────────────────────────▶  streamOpened
/// ```
extension World {
  func carryOut(_ action: Outbox.StreamAction, of node: VirtualNode) {
    switch action {
    case .dial(let stream, let endpoint, let expected): dial(stream, endpoint, expected: expected, by: node)
    case .write(let stream, let range):
      measure(frame: range)
      write(outbox.bytes[range], on: stream, by: node)
    case .close(let stream): close(stream, by: node)
    case .resolve(let id, let host, _):
      queue.add(
        .resolved(process: node.index, raw: id.raw, machine: machineByName[host] ?? -1),
        at: clock + network.plainTrip())
    }
  }

  func resolved(_ process: Int32, raw: UInt64, machine: Int32) {
    let node = nodes[Int(process)]
    guard !isHeldBack(.resolved(process: process, raw: raw, machine: machine), for: node) else { return }
    let endpoints = machine >= 0 ? [machines[Int(machine)].endpoint] : []
    call(node) { engine, now, outbox in
      engine.resolved(ResolveID(raw), endpoints: endpoints, now: now, into: &outbox)
    }
  }

  // MARK: Opening

  private func dial(_ stream: StreamID, _ endpoint: Endpoint, expected: NodeID, by node: VirtualNode) {
    let machine = Machine.index(of: endpoint, count: machines.count) ?? -1
    let link = links.add { id in
      StreamLink(
        id: id, dialer: LinkSide(process: node.index, stream: stream, isOpen: true), dialerMachine: node.machine,
        machine: machine, expected: expected, at: clock)
    }
    node.links[stream] = link.id
    node.traffic.addHandshake()
    queue.add(.patienceEnds(link.id, toDialer: true), at: clock + Network.dialDeadline)
    if machine >= 0 { dialAttempt(link.id) }
  }

  func dialAttempt(_ id: LinkID) {
    guard let link = links[id], link.dialer.isOpen else { return }
    let isBlocked = nodes[Int(link.dialer.process)].isBlocked
    guard !isBlocked, !network.isCut(link.dialerMachine, link.machine, at: clock),
      !network.isSegmentLost(from: link.dialerMachine, to: link.machine)
    else {
      retryDial(link)
      return
    }
    queue.add(.dialArrives(id), at: clock + network.plainTrip())
  }

  /// Nothing came back: the kernel sends its SYN again after 1, 2, 4 … seconds.
  private func retryDial(_ link: StreamLink) {
    faults.connectsRetried += 1
    link.attempts += 1
    let wait = Network.connectRetry << min(link.attempts - 1, 5)
    guard clock.since(link.dialedAt) + wait < Network.dialDeadline else { return }
    queue.add(.dialAttempt(link.id), at: clock + wait)
  }

  func dialArrives(_ id: LinkID) {
    guard let link = links[id], link.dialer.isOpen, link.acceptor.process < 0 else { return }
    let node = process(on: link.machine)
    let isSilent =
      !machines[Int(link.machine)].isPowered || node?.isFrozen == true
      || network.isCut(link.machine, link.dialerMachine, at: clock)
    guard !isSilent, !network.isSegmentLost(from: link.machine, to: link.dialerMachine) else {
      retryDial(link)
      return
    }
    let trouble = network.streamTrouble(from: link.dialerMachine, to: link.machine)
    guard let node, trouble != .refused else {
      queue.add(.linkEnds(id, .refused, toDialer: true), at: clock + network.plainTrip())
      return
    }
    let stream = node.drawInboundStream()
    link.acceptor = LinkSide(process: node.index, stream: stream, isOpen: true)
    node.links[stream] = id
    queue.add(.patienceEnds(id, toDialer: false), at: clock + Network.dialDeadline)
    queue.add(.dialConnected(id), at: clock + network.plainTrip())
  }

  func dialConnected(_ id: LinkID) {
    guard let link = links[id], link.dialer.isOpen else { return }
    let node = nodes[Int(link.dialer.process)]
    guard !isHeldBack(.dialConnected(id), for: node) else { return }
    faults.dialsAccepted += 1
    call(node) { engine, now, outbox in
      engine.streamConnected(link.dialer.stream, now: now, into: &outbox)
    }
    guard link.dialer.isOpen else { return }
    greet(link, by: node)
  }

  /// A driver waits so long for a connection to be ready, and no longer.
  func patienceEnds(_ id: LinkID, toDialer: Bool) {
    guard let link = links[id], link[toDialer: toDialer].isOpen, !link[toDialer: toDialer].isReady else { return }
    let node = nodes[Int(link[toDialer: toDialer].process)]
    if node.state == .paused {
      node.backlog.append(.patienceEnds(id, toDialer: toDialer))
      return
    }
    sendSegment(.end, [], on: link, toDialer: !toDialer)
    endSide(link, .timedOut, toDialer: toDialer)
  }

  // MARK: Ends

  func close(_ stream: StreamID, by node: VirtualNode) {
    guard let id = node.links[stream], let link = links[id] else { return }
    let isDialer = link.dialer.process == node.index && link.dialer.stream == stream
    sendSegment(.end, [], on: link, toDialer: !isDialer)
    forgetSide(link, toDialer: isDialer)
  }

  /// News that travels outside the order of the bytes: a refusal, or a reset.
  func linkEnds(_ id: LinkID, _ end: LinkEnd, toDialer: Bool) {
    guard let link = links[id], link[toDialer: toDialer].isOpen else { return }
    let node = nodes[Int(link[toDialer: toDialer].process)]
    guard !isHeldBack(.linkEnds(id, end, toDialer: toDialer), for: node) else { return }
    endSide(link, end, toDialer: toDialer)
  }

  /// One side is over, and its engine hears of it.
  func endSide(_ link: StreamLink, _ end: LinkEnd, toDialer: Bool) {
    let side = link[toDialer: toDialer]
    guard side.isOpen else { return }
    let node = nodes[Int(side.process)]
    if side.isReady { faults.streamsBroken += end == .closed ? 0 : 1 } else if toDialer { faults.dialsFailed += 1 }
    forgetSide(link, toDialer: toDialer)
    // An engine hears of what it dialled, and of what was opened at it.
    guard toDialer || side.isReady else { return }
    guard !node.channels.contains(side.stream) else {
      channelClosed(side.stream, of: node)
      return
    }
    call(node) { engine, now, outbox in
      engine.streamClosed(side.stream, failure: end.failure, now: now, into: &outbox)
    }
  }

  /// The driver of one side lets go of a connection.
  func forgetSide(_ link: StreamLink, toDialer: Bool) {
    let side = link[toDialer: toDialer]
    guard side.isOpen else { return }
    nodes[Int(side.process)].links[side.stream] = nil
    for segment in side.inbox { pool.discard(segment.packet) }
    link[toDialer: toDialer].inbox.removeAll()
    link[toDialer: toDialer].isOpen = false
    link[toDialer: toDialer].secure = nil
    if !link.dialer.isOpen, !link.acceptor.isOpen { links.remove(link.id) }
  }

  /// A process is gone. Its kernel resets what it held; a machine without power says nothing.
  func breakLinks(of node: VirtualNode, isSilent: Bool) {
    for link in links.links(of: node.index) {
      let isDialer = link.dialer.process == node.index
      guard link[toDialer: isDialer].isOpen else { continue }
      forgetSide(link, toDialer: isDialer)
      if !isSilent { reset(link, toDialer: !isDialer) }
    }
  }

  /// Tells one side that there is nobody at the other end, if the way is open.
  func reset(_ link: StreamLink, toDialer: Bool) {
    let way = link.machines(toDialer: toDialer)
    guard link[toDialer: toDialer].isOpen, !network.isCut(way.sender, way.receiver, at: clock) else { return }
    queue.add(.linkEnds(link.id, .reset, toDialer: toDialer), at: clock + network.plainTrip())
  }

  // MARK: Waiting

  /// Whether a process cannot take an event now: one that does not run or read gets it later, one that has ended never.
  func isHeldBack(_ event: SimulatedEvent, for node: VirtualNode) -> Bool {
    switch node.state {
    case .running:
      guard node.holdsInput else { return false }
      node.backlog.append(event)
    case .paused: node.backlog.append(event)
    case .crashed, .stopped: break
    }
    return true
  }
}
