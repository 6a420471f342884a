import ShoalCore

/// One client's engine under a hand-held clock, with what it wants done at hand.
struct LoneClient {
  var engine: ClientEngine
  private(set) var now = Instant(nanoseconds: 1)
  private(set) var dials: [(id: StreamID, port: UInt16, expected: NodeID)] = []
  private(set) var written: [StreamID: [[UInt8]]] = [:]
  private(set) var closed: [StreamID] = []
  private(set) var handovers: [StreamHandover] = []
  private var outbox = Outbox()

  init(seeds ports: [UInt16], configuration: ClientConfiguration = .init(), messaging: MessagingConfiguration = .init())
  {
    engine = ClientEngine(
      identity: NodeID(high: 0xC1, low: 1), configuration: configuration, messaging: messaging, randomSeed: 5)
    act { engine, now, outbox in
      engine.start(seeds: ports.map { .endpoint(Endpoint(v4: 0x0A00_0001, port: $0)) }, now: now, into: &outbox)
    }
  }

  mutating func act(_ body: (inout ClientEngine, Instant, inout Outbox) -> Void) {
    body(&engine, now, &outbox)
    for action in outbox.streamActions {
      switch action {
      case .dial(let id, let endpoint, let expected): dials.append((id, endpoint.port, expected))
      case .write(let id, let range): written[id, default: []].append(Array(outbox.bytes[range]))
      case .close(let id): closed.append(id)
      case .resolve: break
      }
    }
    handovers += outbox.handovers
    outbox.removeAll()
  }

  mutating func advance(by span: Nanoseconds) {
    let end = now + span
    while let deadline = engine.nextDeadline, deadline <= end {
      now = max(now, deadline)
      act { engine, now, outbox in engine.advance(to: now, into: &outbox) }
    }
    now = end
  }

  mutating func clear() {
    dials = []
    written = [:]
    closed = []
    handovers = []
  }

  mutating func deliver(_ frame: [UInt8], on id: StreamID) {
    act { engine, now, outbox in engine.streamReceived(id, frame: frame.rawSpan, now: now, into: &outbox) }
  }

  mutating func open(_ id: StreamID, as peer: NodeID) {
    act { engine, _, outbox in engine.streamOpened(id, peer: peer, into: &outbox) }
  }

  mutating func fail(_ id: StreamID, _ failure: StreamFailure = .refused) {
    act { engine, now, outbox in engine.streamClosed(id, failure: failure, now: now, into: &outbox) }
  }

  /// Lets the client in on the last dial to a port.
  mutating func admit(at port: UInt16, as peer: NodeID) {
    guard let dial = dials.last(where: { $0.port == port }) else { return }
    open(dial.id, as: peer)
    deliver(WireSamples.bytes(of: .admitted(version: 1)), on: dial.id)
  }

  /// Has home answer its query with these members, on one page after the other.
  mutating func answer(_ pages: [[Record]], fingerprint: UInt64 = 9) {
    for (position, records) in pages.enumerated() {
      guard let (_, home, _) = engine.takeQuery() else { return }
      var bytes: [UInt8] = []
      bytes.write(fingerprint)
      bytes += WireSamples.bytes(
        of: .page(next: position + 1 < pages.count ? UInt32(position + 1) : 0), carrying: records.map { .alive($0) })
      act { engine, now, outbox in engine.answered(bytes.rawSpan, from: home, now: now, into: &outbox) }
    }
  }

  static func record(_ number: UInt64) -> Record {
    Record(
      id: NodeID(high: number, low: number), incarnation: 1, seniority: number, role: .member, versions: .current,
      salt: 1, endpoint: Endpoint(v4: 0x0A00_0001, port: UInt16(number)), name: "node-\(number)", tags: [:],
      supersedes: nil)
  }
}
