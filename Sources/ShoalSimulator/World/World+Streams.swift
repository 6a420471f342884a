import ShoalCore

/// Streams on their way: dials with their handshakes, frames in order, and the ways in which a connection ends.
extension World {
  func carryOut(_ action: Outbox.StreamAction, of node: VirtualNode) {
    switch action {
    case .dial(let stream, let endpoint, let expected): dial(stream, endpoint, expected: expected, by: node)
    case .write(let stream, let range): write(outbox.bytes[range], on: stream, by: node)
    case .close(let stream): close(stream, by: node)
    case .resolve(let id, let host, _):
      queue.add(
        .resolved(process: node.index, raw: id.raw, machine: machineByName[host] ?? -1),
        at: clock + network.segmentTrip())
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
    var link = StreamLink()
    link.expected = expected
    link.machine = Machine.index(of: endpoint, count: machines.count) ?? -1
    link.dialer = LinkSide(process: node.index, stream: stream, isOpen: true)
    let id = links.add(link)
    node.links[stream] = id
    node.traffic.addHandshake()
    queue.add(.dialDeadline(id), at: clock + Network.dialDeadline)
    guard link.machine >= 0, machines[Int(link.machine)].isPowered,
      machines[Int(link.machine)].side == machines[Int(node.machine)].side
    else { return }
    queue.add(.dialArrives(id), at: clock + network.segmentTrip())
  }

  func dialArrives(_ id: LinkID) {
    guard let link = links[id], machines[Int(link.machine)].isPowered else { return }
    guard let node = process(on: link.machine) else {
      queue.add(.linkEnds(id, .refused, toDialer: true), at: clock + network.segmentTrip())
      return
    }
    guard !isHeldBack(.dialArrives(id), for: node) else { return }
    guard link.expected == .unknown || link.expected == node.id else {
      queue.add(.linkEnds(id, .wrongPeer, toDialer: true), at: clock + network.segmentTrip())
      return
    }
    links.update(id) { $0.acceptor.process = node.index }
    // The rest of two handshakes, one of TCP and one of Noise.
    queue.add(
      .dialerReady(id), at: clock + network.segmentTrip() + network.segmentTrip() + network.segmentTrip())
  }

  func dialerReady(_ id: LinkID) {
    guard let link = links[id], link.dialer.isOpen else { return }
    let node = nodes[Int(link.dialer.process)]
    let acceptor = nodes[Int(link.acceptor.process)]
    guard !isHeldBack(.dialerReady(id), for: node) else { return }
    guard acceptor.state == .running || acceptor.state == .paused else { return }
    let readyAt = clock + network.segmentTrip()
    let stream = acceptor.drawInboundStream()
    links.update(id) { link in
      link.isReady = true
      link.acceptor.stream = stream
      link.acceptor.isOpen = true
      link.acceptor.lastArrival = readyAt
    }
    acceptor.links[stream] = id
    acceptor.traffic.addHandshake()
    queue.add(.acceptorReady(id), at: readyAt)
    call(node) { engine, now, outbox in
      engine.streamOpened(link.dialer.stream, peer: acceptor.id, inbound: false, now: now, into: &outbox)
    }
  }

  func acceptorReady(_ id: LinkID) {
    guard let link = links[id], link.acceptor.isOpen else { return }
    let node = nodes[Int(link.acceptor.process)]
    guard !isHeldBack(.acceptorReady(id), for: node) else { return }
    let peer = nodes[Int(link.dialer.process)].id
    call(node) { engine, now, outbox in
      engine.streamOpened(link.acceptor.stream, peer: peer, inbound: true, now: now, into: &outbox)
    }
  }

  func dialDeadline(_ id: LinkID) {
    guard let link = links[id], !link.isReady, link.dialer.isOpen else { return }
    linkEnds(id, .timedOut, toDialer: true)
  }

  // MARK: Frames

  private func write(_ frame: ArraySlice<UInt8>, on stream: StreamID, by node: VirtualNode) {
    guard let id = node.links[stream], let link = links[id] else { return }
    node.traffic.addFrame(plaintextBytes: frame.count)
    let toDialer = link.acceptor.process == node.index && link.acceptor.stream == stream
    guard link[toDialer: toDialer].isOpen, areConnected(link) else { return }
    let packet = pool.add(PacketHeader(), bytes: frame)
    queue.add(.frame(id, packet, toDialer: toDialer), at: nextArrival(on: id, toDialer: toDialer))
  }

  func frameArrives(_ id: LinkID, _ packet: PacketID, toDialer: Bool) {
    guard let link = links[id], link[toDialer: toDialer].isOpen else {
      pool.discard(packet)
      return
    }
    let side = link[toDialer: toDialer]
    let node = nodes[Int(side.process)]
    guard !isHeldBack(.frame(id, packet, toDialer: toDialer), for: node) else { return }
    let bytes = pool.take(packet)
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    trace.add(bytes.rawSpan)
    node.engine.streamReceived(side.stream, frame: bytes.rawSpan, now: Clock.now(at: clock), into: &outbox)
    pool.recycle(packet, bytes)
    call(node) { _, _, _ in }
  }

  // MARK: Ends

  private func close(_ stream: StreamID, by node: VirtualNode) {
    guard let id = node.links[stream], let link = links[id] else { return }
    node.links[stream] = nil
    let isDialer = link.dialer.process == node.index && link.dialer.stream == stream
    if link[toDialer: !isDialer].isOpen, areConnected(link) {
      queue.add(.linkEnds(id, .closed, toDialer: !isDialer), at: nextArrival(on: id, toDialer: !isDialer))
    }
    links.update(id) { $0[toDialer: isDialer].isOpen = false }
  }

  func linkEnds(_ id: LinkID, _ end: LinkEnd, toDialer: Bool) {
    guard let link = links[id], link[toDialer: toDialer].isOpen else { return }
    let side = link[toDialer: toDialer]
    let node = nodes[Int(side.process)]
    guard !isHeldBack(.linkEnds(id, end, toDialer: toDialer), for: node) else { return }
    if link.isReady { faults.streamsBroken += end == .closed ? 0 : 1 } else { faults.dialsFailed += 1 }
    links.update(id) { $0[toDialer: toDialer].isOpen = false }
    node.links[side.stream] = nil
    call(node) { engine, now, outbox in
      engine.streamClosed(side.stream, failure: end.failure, now: now, into: &outbox)
    }
  }

  /// A process is gone: the other ends hear of it, at once from its machine, late from silence.
  func breakLinks(of node: VirtualNode, as end: LinkEnd) {
    for id in links.links(of: node.index) {
      guard let link = links[id] else { continue }
      let isDialer = link.dialer.process == node.index
      let wait = end == .timedOut ? Network.dialDeadline : network.segmentTrip()
      if link[toDialer: !isDialer].isOpen {
        queue.add(.linkEnds(id, end, toDialer: !isDialer), at: clock + wait)
      }
      links.update(id) { $0[toDialer: isDialer].isOpen = false }
    }
    node.links.removeAll()
  }

  /// A split has begun: what crosses it ends by silence on both sides.
  func breakLinksAcrossSplit() {
    for node in nodes {
      for id in links.links(of: node.index) {
        guard let link = links[id], link.dialer.process == node.index, link.acceptor.process >= 0, !areConnected(link)
        else { continue }
        for toDialer in [true, false] where link[toDialer: toDialer].isOpen {
          queue.add(.linkEnds(id, .timedOut, toDialer: toDialer), at: clock + Network.dialDeadline)
        }
      }
    }
  }

  private func areConnected(_ link: StreamLink) -> Bool {
    guard link.acceptor.process >= 0 else { return true }
    return machines[Int(nodes[Int(link.dialer.process)].machine)].side
      == machines[Int(nodes[Int(link.acceptor.process)].machine)].side
  }

  /// Whether a node cannot take an event now: a paused one gets it later, one that has ended never.
  private func isHeldBack(_ event: SimulatedEvent, for node: VirtualNode) -> Bool {
    switch node.state {
    case .running: return false
    case .paused: node.backlog.append(event)
    case .crashed, .stopped: if case .frame(_, let packet, _) = event { pool.discard(packet) }
    }
    return true
  }

  /// When the next thing sent on a connection arrives: never before what was sent earlier.
  private func nextArrival(on id: LinkID, toDialer: Bool) -> Instant {
    var arrival = clock + network.segmentTrip()
    links.update(id) { link in
      arrival = max(arrival, link[toDialer: toDialer].lastArrival + 1)
      link[toDialer: toDialer].lastArrival = arrival
    }
    return arrival
  }
}
