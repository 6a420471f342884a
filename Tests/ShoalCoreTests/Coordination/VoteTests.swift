import ShoalCore
import Testing

/// What the holder of a seat says to those who ask it for an epoch. It is called `me`, and has one of three seats.
@Suite struct VoteTests {
  private static let seats = SeatList(names: ["me", "alice", "carol"].map { StableHash.hash(of: $0) })
  private static let lease = Nanoseconds.seconds(2)

  private static var configuration: CoreConfiguration {
    var configuration = CoreConfiguration.lan
    configuration.coordination.quorum = .voters(["me", "alice", "carol"])
    return configuration
  }

  private static func record(_ id: NodeID, _ name: String) -> Record {
    Record(
      id: id, incarnation: 1, seniority: 2, role: .member, versions: .current, salt: 5,
      endpoint: Endpoint(v4: 0x0A00_0002, port: UInt16(truncatingIfNeeded: id.high)), name: name, tags: [:],
      supersedes: nil)
  }

  private static func node(memory: CoordinationMemory? = nil, waits: Bool = true) -> LoneNode {
    var node = LoneNode(name: "me", seed: 1, configuration: configuration, memory: memory)
    node.meet(record(WireSamples.alice, "alice"))
    node.meet(record(WireSamples.carol, "carol"))
    // It grants nothing right after its start, and would claim for itself; nobody answers it.
    if waits { node.advance(by: 8 * lease) }
    if let written = node.written.last { node.perform(.memoryKept(written.version)) }
    node.clear()
    return node
  }

  private static func ask(
    _ node: inout LoneNode, for epoch: UInt64, by claimant: NodeID, seats: SeatList = seats, isFirst: Bool = false
  ) -> UInt8? {
    var bytes: [UInt8] = []
    DatagramHeader(bare: .leaseRequest, sequence: 77).write(to: &bytes)
    LeaseRequest(epoch: epoch, isFirst: isFirst, isHeld: false, seats: seats).write(to: &bytes)
    node.clear()
    node.receive(bytes, from: claimant)
    return answer(of: node, to: claimant)
  }

  private static func answer(of node: borrowing LoneNode, to claimant: NodeID) -> UInt8? {
    node.transmits.last { $0.receiver == claimant && $0.bytes.first == DatagramType.leaseAnswer.rawValue }?.bytes[5]
  }

  private static let epoch: UInt64 = 1_000_000

  @Test("it grants an epoch once, and again to the same claimant")
  func once() {
    var node = Self.node()
    let first = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    let again = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    node.advance(by: 2 * Self.lease)
    let other = Self.ask(&node, for: Self.epoch, by: WireSamples.carol)
    let lower = Self.ask(&node, for: Self.epoch - 1, by: WireSamples.alice)
    #expect([first, again, other, lower] == [0, 0, 3, 3])
  }

  @Test("nobody else is granted a higher epoch until the lease and the drift bound have passed")
  func promised() {
    var node = Self.node()
    _ = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    node.advance(by: Self.lease * 9 / 8 - 1)
    let early = Self.ask(&node, for: Self.epoch + 1, by: WireSamples.carol)
    node.advance(by: 1)
    let late = Self.ask(&node, for: Self.epoch + 1, by: WireSamples.carol)
    #expect([early, late] == [2, 0])
  }

  @Test("a claimant that releases its lease makes room at once, and nobody else can release it")
  func released() {
    var node = Self.node()
    _ = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    var release: [UInt8] = []
    DatagramHeader(bare: .leaseRelease, sequence: 0).write(to: &release)
    release.write(Self.epoch)
    node.receive(release, from: WireSamples.carol)
    let before = Self.ask(&node, for: Self.epoch + 1, by: WireSamples.carol)
    node.receive(release, from: WireSamples.alice)
    let after = Self.ask(&node, for: Self.epoch + 1, by: WireSamples.carol)
    #expect([before, after] == [2, 0])
  }

  @Test("a process that has just started abstains for a lease and the drift bound")
  func abstains() {
    var node = Self.node(waits: false)
    node.advance(by: Self.lease * 9 / 8 - 1)
    let early = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    node.advance(by: 1)
    let late = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    #expect([early, late] == [1, 0])
  }

  @Test("a grant is told when it has been written down, and a restart keeps to it")
  func remembers() throws {
    var node = Self.node(memory: CoordinationMemory())
    let unsafe = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    #expect(unsafe == nil)
    let written = try #require(node.written.last)
    #expect(written.content.grantedEpoch == Self.epoch)
    node.perform(.memoryKept(written.version))
    let safe = Self.answer(of: node, to: WireSamples.alice)
    #expect(safe == 0)
    var next = Self.node(memory: written.content)
    let other = Self.ask(&next, for: Self.epoch, by: WireSamples.carol)
    let same = Self.ask(&next, for: Self.epoch + 1, by: WireSamples.carol)
    #expect(other == 3)
    // It is written down first.
    #expect(same == nil)
  }

  @Test("seats of another quorum mean nothing after a restart, epochs do")
  func anotherQuorum() throws {
    var memory = CoordinationMemory()
    memory.quorum = 77
    memory.seats = SeatList(change: 9, epoch: 5, names: [1, 2, 3])
    memory.grantedEpoch = Self.epoch
    memory.grantedTo = WireSamples.carol
    var node = Self.node(memory: memory)
    let over = Self.ask(&node, for: Self.epoch, by: WireSamples.alice)
    #expect(over == 3)
    _ = Self.ask(&node, for: Self.epoch + 1, by: WireSamples.alice)
    let granted = try #require(node.written.last).content
    #expect(granted.grantedEpoch == Self.epoch + 1)
    #expect(granted.seats == Self.seats)
  }

  @Test("who has none of the seats, and strangers, get nothing")
  func notSeated() {
    var node = Self.node()
    let other = Self.ask(
      &node, for: Self.epoch, by: WireSamples.alice, seats: SeatList(names: [1, 2, 3]))
    #expect(other == 4 || other == 5)
    let stranger = Self.ask(&node, for: Self.epoch, by: WireSamples.bob)
    #expect(stranger == nil)
  }

  @Test("an epoch that is absurdly high is refused and counted")
  func absurd() {
    var node = Self.node()
    let answer = Self.ask(&node, for: .max, by: WireSamples.alice)
    let counted = node.engine.counters.rejectedJump
    #expect(answer == nil)
    #expect(counted == 1)
  }

  @Test("of two lists that follow one list the later is taken, of two first lists neither")
  func lists() {
    let first = SeatList(change: 0, epoch: 1, names: [1, 2, 3])
    let rival = SeatList(change: 0, epoch: 9, names: [1, 2, 4])
    let next = SeatList(change: 1, epoch: 9, names: [1, 2])
    let nextOfAnother = SeatList(change: 1, epoch: 10, names: [2, 3])
    #expect(!rival.replaces(first, isHeld: false))
    #expect(rival.replaces(first, isHeld: true))
    #expect(next.replaces(first, isHeld: false))
    #expect(!first.replaces(next, isHeld: false))
    #expect(nextOfAnother.replaces(next, isHeld: false))
    #expect(!next.replaces(nextOfAnother, isHeld: false))
  }
}
