import ShoalCore
import ShoalSecurity

/// What travels on connections: handshakes and frames, in order, and sent again while the way is closed.
extension World {
  /// A segment that finds the way closed is tried again after 200 ms, 400 ms and so on, up to this many doublings.
  private static let retryDoublings: UInt64 = 4

  func write(_ frame: ArraySlice<UInt8>, on stream: StreamID, by node: VirtualNode) {
    guard let id = node.links[stream], let link = links[id] else { return }
    node.traffic.addFrame(plaintextBytes: frame.count)
    let isDialer = link.dialer.process == node.index && link.dialer.stream == stream
    guard let end = link[toDialer: isDialer].secure else {
      sendSegment(.frame, frame, on: link, toDialer: !isDialer)
      return
    }
    var output: [UInt8] = []
    if unsafe end.stream.write(frame.span.bytes, into: &output) {
      sendSegment(.bytes, output[...], on: link, toDialer: !isDialer)
    }
  }

  func sendSegment(_ kind: PacketKind, _ bytes: ArraySlice<UInt8>, on link: StreamLink, toDialer: Bool) {
    guard link[toDialer: toDialer].isOpen else { return }
    let way = link.machines(toDialer: toDialer)
    let earliest = (link[toDialer: toDialer].inbox.last?.arrival ?? .zero) + 1
    let arrival = max(earliest, clock + network.segmentTrip(from: way.sender, to: way.receiver))
    var header = PacketHeader()
    header.kind = kind
    link[toDialer: toDialer].inbox.append(
      LinkSide.Segment(packet: pool.add(header, bytes: bytes), arrival: arrival))
    scheduleNext(link, toDialer: toDialer)
  }

  private func scheduleNext(_ link: StreamLink, toDialer: Bool) {
    guard !link[toDialer: toDialer].isDelivering, let first = link[toDialer: toDialer].inbox.first else { return }
    link[toDialer: toDialer].isDelivering = true
    let delay = nodes[Int(link[toDialer: toDialer].process)].delay
    queue.add(.segment(link.id, toDialer: toDialer), at: max(clock, first.arrival) + delay)
  }

  func segmentArrives(_ id: LinkID, toDialer: Bool) {
    guard let link = links[id], link[toDialer: toDialer].isOpen else { return }
    let node = nodes[Int(link[toDialer: toDialer].process)]
    let way = link.machines(toDialer: toDialer)
    let sender = link[toDialer: !toDialer].process
    let isStuck =
      network.isCut(way.sender, way.receiver, at: clock) || node.isFrozen
      || (sender >= 0 && nodes[Int(sender)].isBlocked)
    let trouble = network.streamTrouble(from: way.sender, to: way.receiver)
    if isStuck || trouble == .stalled {
      retry(link, toDialer: toDialer)
      return
    }
    if trouble == .reset {
      faults.streamsReset += 1
      endSide(link, .reset, toDialer: !toDialer)
      endSide(link, .reset, toDialer: toDialer)
      return
    }
    guard !isHeldBack(.segment(id, toDialer: toDialer), for: node) else { return }
    link[toDialer: toDialer].isDelivering = false
    link[toDialer: toDialer].retries = 0
    let packet = link[toDialer: toDialer].inbox.removeFirst().packet
    // What comes after a gap is of no use: for this side the connection has ended without a word.
    if trouble == .halfOpen { link[toDialer: toDialer].isSwallowed = true }
    if link[toDialer: toDialer].isSwallowed {
      faults.segmentsSwallowed += 1
      pool.discard(packet)
    } else {
      deliver(packet, on: link, toDialer: toDialer, to: node)
    }
    if links[id] != nil { scheduleNext(link, toDialer: toDialer) }
  }

  private func retry(_ link: StreamLink, toDialer: Bool) {
    faults.segmentsRetried += 1
    let wait = Network.segmentRetry << min(link[toDialer: toDialer].retries, Self.retryDoublings)
    link[toDialer: toDialer].retries += 1
    queue.add(.segment(link.id, toDialer: toDialer), at: clock + wait)
  }

  // MARK: Delivery

  private func deliver(_ packet: PacketID, on link: StreamLink, toDialer: Bool, to node: VirtualNode) {
    let kind = pool.header(packet).kind
    let bytes = pool.take(packet)
    trace.add(UInt64(node.index))
    trace.add(clock.nanoseconds)
    trace.add(bytes.rawSpan)
    switch kind {
    case .hello: welcome(link, by: node)
    case .welcome:
      sendSegment(.confirm, [], on: link, toDialer: false)
      opened(link, toDialer: true, node: node)
    case .confirm: opened(link, toDialer: false, node: node)
    case .frame: received(bytes.rawSpan, on: link[toDialer: toDialer].stream, by: node)
    case .bytes: open(bytes.rawSpan, on: link, toDialer: toDialer, by: node)
    case .end: endSide(link, .closed, toDialer: toDialer)
    case .sealed, .challenge, .echo: break
    }
    pool.recycle(packet, bytes)
  }

  private func received(_ frame: RawSpan, on stream: StreamID, by node: VirtualNode) {
    guard !node.channels.contains(stream) else {
      receivedMessages(frame, on: stream, by: node)
      return
    }
    node.engine.streamReceived(stream, frame: frame, now: node.now(at: clock), into: &outbox)
    call(node) { _, _, _ in }
  }

  private func opened(_ link: StreamLink, toDialer: Bool, node: VirtualNode) {
    guard link[toDialer: toDialer].isOpen else { return }
    link[toDialer: toDialer].isReady = true
    if !toDialer { node.traffic.addHandshake() }
    let peer = nodes[Int(link[toDialer: !toDialer].process)].id
    let stream = link[toDialer: toDialer].stream
    call(node) { engine, now, outbox in
      engine.streamOpened(stream, peer: peer, inbound: !toDialer, now: now, into: &outbox)
    }
  }

  // MARK: Handshake

  /// The dialling side's first message.
  func greet(_ link: StreamLink, by node: VirtualNode) {
    guard let key = sealing.key(node.keyGeneration) else {
      sendSegment(.hello, [], on: link, toDialer: false)
      return
    }
    let end = SecureEnd(
      SecureStream(
        initiator: node.id, expecting: link.expected, key: key, clusterID: WorldSealing.clusterID,
        ephemeral: sealing.drawSecret()))
    link.dialer.secure = end
    var output: [UInt8] = []
    end.stream.start(into: &output)
    sendSegment(.bytes, output[...], on: link, toDialer: false)
  }

  /// The accepting side's answer, where sealing is only counted.
  private func welcome(_ link: StreamLink, by node: VirtualNode) {
    guard link.expected == .unknown || link.expected == node.id else {
      queue.add(.linkEnds(link.id, .wrongPeer, toDialer: true), at: clock + network.plainTrip())
      forgetSide(link, toDialer: false)
      return
    }
    sendSegment(.welcome, [], on: link, toDialer: true)
  }

  /// Bytes of a real stream.
  private func open(_ bytes: RawSpan, on link: StreamLink, toDialer: Bool, by node: VirtualNode) {
    if link[toDialer: toDialer].secure == nil, !toDialer,
      let keyring = sealing.keyring(sealingWith: node.keyGeneration),
      sealing.isReal
    {
      link.acceptor.secure = SecureEnd(
        SecureStream(
          responder: node.id, keyring: keyring, clusterID: WorldSealing.clusterID, ephemeral: sealing.drawSecret()))
    }
    guard let end = link[toDialer: toDialer].secure else { return }
    var output: [UInt8] = []
    var events: [SecureStream.StreamEvent] = []
    end.stream.receive(bytes, output: &output, events: &events)
    if !output.isEmpty { sendSegment(.bytes, output[...], on: link, toDialer: !toDialer) }
    for event in events where link[toDialer: toDialer].isOpen {
      switch event {
      case .opened(let peer):
        checkPeer(peer, on: link, toDialer: toDialer, at: node)
        opened(link, toDialer: toDialer, node: node)
      case .frame(let frame): received(frame.rawSpan, on: link[toDialer: toDialer].stream, by: node)
      case .failed(let failure):
        faults.handshakesFailed += link[toDialer: toDialer].isReady ? 0 : 1
        sendSegment(.end, [], on: link, toDialer: !toDialer)
        endSide(link, failure == .wrongPeer ? .wrongPeer : .reset, toDialer: toDialer)
      }
    }
  }

  private func checkPeer(_ peer: NodeID, on link: StreamLink, toDialer: Bool, at node: VirtualNode) {
    guard checks == .all, peer != nodes[Int(link[toDialer: !toDialer].process)].id else { return }
    safety.report(
      Finding(invariant: .tamperingChangesNothing, sentence: "a stream names another peer than is there"), at: node,
      about: nil, now: clock)
  }
}
