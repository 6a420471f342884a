import ShoalCore
import Testing

@Suite("Rounds of probes")
struct ProbeRoundTests {
  @Test("each member is the target of one probe a period, also after a few or many have come and gone")
  func aligned() {
    let cluster = Ensemble(count: 60)
    cluster.run(periods: 3)
    for _ in 0..<3 { #expect(cluster.runOnePeriod() == cluster.everybodyOnce) }
    cluster.leave(3)
    cluster.join(2)
    cluster.run(periods: 4)
    for _ in 0..<3 { #expect(cluster.runOnePeriod() == cluster.everybodyOnce) }
    cluster.leave(25)
    cluster.join(30)
    cluster.run(periods: 4)
    for _ in 0..<3 { #expect(cluster.runOnePeriod() == cluster.everybodyOnce) }
  }

  @Test("a node at rest wakes up once a period: seeds are looked for, and the dead asked, on that occasion")
  func wakings() {
    // Its only seed is itself.
    var node = LoneNode(name: "me", seed: 1, seeds: [.endpoint(Endpoint(v4: 0x0A00_0001, port: 1))])
    node.advance(by: .seconds(10))
    let end = node.now.monotonic + .seconds(60)
    var wakings = 0
    while let deadline = node.engine.nextDeadline, deadline <= end {
      node.advance(by: deadline.since(node.now.monotonic))
      wakings += 1
    }
    #expect((59...61).contains(wakings), "\(wakings)")
  }

  @Test("nodes of one machine wake up at the same time, whatever part of a millisecond has passed when they plan it")
  func fractions() {
    var early = LoneNode(
      name: "me", seed: 1, now: Now(monotonic: Instant(nanoseconds: 1_000_000), wallMilliseconds: 1_000))
    var late = LoneNode(
      name: "me", seed: 1,
      now: Now(monotonic: Instant(nanoseconds: 1_700_000), wallMilliseconds: 1_000, wallFraction: 700_000))
    for _ in 0..<5 {
      early.advance(by: .seconds(1))
      late.advance(by: .seconds(1))
      #expect(early.engine.nextDeadline != nil)
      #expect(early.engine.nextDeadline == late.engine.nextDeadline)
    }
  }

  @Test("without alignment a node probes everybody else once a round, in another order each time")
  func shuffled() {
    let cluster = Ensemble(count: 12, features: .all.subtracting(.alignedProbing))
    // From the middle of a round to its end; then a node's own turn may come late in one round and early in the next.
    let rounds = (0..<40).map { _ in cluster.target(of: 0) }
    let others = Set(cluster.everybodyOnce.keys).subtracting([cluster.id(of: 0)])
    let starts = (0..<11).filter { start in Set(rounds[start..<start + 11]) == others }
    #expect(!starts.isEmpty, "no eleven probes in a row met eleven members")
    for start in starts.prefix(1) {
      #expect(Set(rounds[start + 11..<start + 22]) == others)
      #expect(rounds[start..<start + 11] != rounds[start + 11..<start + 22])
    }
  }

  @Test("whoever leaves in the middle of a round takes nobody else's turn along")
  func leavingMidRound() {
    let cluster = Ensemble(count: 12, features: .all.subtracting(.alignedProbing))
    let before = (0..<5).map { _ in cluster.target(of: 0) }
    cluster.leave(1)
    let after = (0..<6).map { _ in cluster.target(of: 0) }
    let missing = Set(cluster.everybodyOnce.keys).subtracting(before + after).subtracting([cluster.id(of: 0)])
    #expect(missing.isEmpty)
  }
}

/// Engines of one cluster that has formed, whose datagrams arrive at once and are never lost.
private final class Ensemble {
  private final class Node {
    let record: Record
    var engine: Engine

    init(_ record: Record, _ engine: consuming Engine) {
      self.record = record
      self.engine = engine
    }
  }

  private var nodes: [Node] = []
  private var configuration = CoreConfiguration.lan
  private var now = Now(monotonic: Instant(nanoseconds: 5_000_000_000), wallMilliseconds: 5_000)
  private var next = 0
  /// First pings since the last look, in the order in which they were sent.
  private var probes: [(prober: NodeID, target: NodeID)] = []

  init(count: Int, features: Features = .all) {
    configuration.features = features
    let records = (0..<count).map { _ in makeRecord() }
    for record in records { start(record, among: records) }
  }

  var everybodyOnce: [NodeID: Int] { Dictionary(uniqueKeysWithValues: nodes.map { ($0.record.id, 1) }) }

  func id(of place: Int) -> NodeID { nodes[place].record.id }

  /// Runs for a period and tells how often each member was the target of a probe.
  func runOnePeriod() -> [NodeID: Int] {
    run(periods: 1)
    return probes.reduce(into: [:]) { $0[$1.target, default: 0] += 1 }
  }

  /// Runs until one node probes again, and tells whom.
  func target(of place: Int) -> NodeID {
    let prober = id(of: place)
    probes.removeAll()
    while true {
      step()
      if let probe = probes.first(where: { $0.prober == prober }) { return probe.target }
    }
  }

  func run(periods: UInt64) {
    probes.removeAll()
    for _ in 0..<1_000 * periods { step() }
  }

  /// The last ones go, and everybody knows it at once.
  func leave(_ count: Int) {
    let gone = nodes.suffix(count).map(\.record)
    nodes.removeLast(count)
    tell(gone.map { .left(Update.Claim(id: $0.id, incarnation: 1), .left) })
  }

  /// Some come that know everybody, and everybody knows them at once.
  func join(_ count: Int) {
    let newcomers = (0..<count).map { _ in makeRecord() }
    tell(newcomers.map { .alive($0) })
    let everybody = nodes.map(\.record) + newcomers
    for record in newcomers { start(record, among: everybody) }
  }

  // MARK: Inside

  private func makeRecord() -> Record {
    next += 1
    return Record(
      id: NodeID(high: StableHash.finalize(UInt64(next)), low: 1), incarnation: 1, seniority: UInt64(next),
      role: .member,
      versions: .current, salt: 1, endpoint: Endpoint(v4: 0x0A00_0000 + UInt32(next), port: 7_946), name: "n\(next)",
      tags: [:], supersedes: nil)
  }

  private func start(_ record: Record, among records: [Record]) {
    let identity = LocalIdentity(
      id: record.id, name: record.name, endpoint: record.endpoint, salt: record.salt)
    var engine = Engine(
      identity: identity, configuration: configuration, randomSeed: record.seniority, now: now)
    var outbox = Outbox()
    engine.adopt(FormedView(records, now: now), seeds: [], now: now, into: &outbox)
    nodes.append(Node(record, engine))
  }

  private func tell(_ updates: [Update]) {
    for update in updates {
      for node in nodes {
        let bytes = WireSamples.datagram(.gossip, carrying: [update])
        call(node) { engine, now, outbox in
          engine.receive(bytes.rawSpan, from: self.nodes[0].record.id, now: now, into: &outbox)
        }
      }
    }
  }

  /// One millisecond.
  private func step() {
    for node in nodes {
      while let deadline = node.engine.nextDeadline, deadline <= now.monotonic {
        call(node) { engine, now, outbox in engine.advance(to: now, into: &outbox) }
      }
    }
    now.monotonic = now.monotonic + .milliseconds(1)
    now.wallMilliseconds += 1
  }

  private func call(_ node: Node, _ body: (inout Engine, Now, inout Outbox) -> Void) {
    var outbox = Outbox()
    body(&node.engine, now, &outbox)
    for transmit in outbox.transmits {
      let bytes = Array(outbox.bytes[transmit.range])
      if bytes[0] == DatagramType.ping.rawValue, bytes[4] & 7 == 0 {
        probes.append((node.record.id, transmit.receiver))
      }
      guard let receiver = nodes.first(where: { $0.record.id == transmit.receiver }) else { continue }
      call(receiver) { engine, now, outbox in
        engine.receive(bytes.rawSpan, from: node.record.id, now: now, into: &outbox)
      }
    }
  }
}
