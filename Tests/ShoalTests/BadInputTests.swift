import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Bad input on sockets", .timeLimit(.minutes(5)))
struct BadInputTests {
  private func code(of body: () async throws -> Mesh) async -> MeshError.Code? {
    do {
      await (try await body()).shutdown()
      return nil
    } catch { return (error as? MeshError)?.code }
  }

  @Test("without a key nothing starts, and the error says how to make one")
  func noKey() async throws {
    var configuration = MeshConfiguration(name: "a", key: nil, bind: "127.0.0.1:0")
    let error = await #expect(throws: MeshError.self) { try await Mesh.start(configuration) }
    #expect(error?.code == .noKey)
    #expect(error?.message.contains("shoal keygen") == true)
    configuration.insecure = true
    await (try await Mesh.start(configuration)).shutdown()
  }

  @Test(
    "a setting that cannot work is named",
    arguments: [
      ("bind", "nonsense"), ("bind", "127.0.0.1:99999"), ("seed", "10.0.0.5"), ("seed", "10.0.0.5:0"),
      ("advertise", ":7946"), ("seed", "fe80::1:7946"),
    ])
  func badSetting(setting: String, value: String) async throws {
    var configuration = MeshHarness.configuration("a", key: try MeshHarness.key())
    switch setting {
    case "bind": configuration.bind = value
    case "advertise": configuration.advertise = value
    default: configuration.seeds = [value]
    }
    let error = await #expect(throws: MeshError.self) { try await Mesh.start(configuration) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains(value) == true)
    #expect(error?.message.contains(setting) == true)
  }

  @Test("a port in use is told, and an address that is not this machine's")
  func addresses() async throws {
    let key = try MeshHarness.key()
    let first = try await Mesh.start(MeshHarness.configuration("a", key: key))
    var second = MeshHarness.configuration("b", key: key)
    second.bind = first.endpoint.description
    #expect(await code { try await Mesh.start(second) } == .portInUse)
    second.bind = "192.0.2.1:0"
    #expect(await code { try await Mesh.start(second) } == .addressUnavailable)
    await first.shutdown()
  }

  @Test("the name of a living member is refused, and its holder stays")
  func nameTaken() async throws {
    let key = try MeshHarness.key()
    let nodes = try await MeshHarness.cluster(2, key: key)
    #expect(await nodes[0].sees(2))
    let third = MeshHarness.configuration("node-1", key: key, seeds: [nodes[0].endpoint])
    #expect(await code { try await Mesh.start(third) } == .nameTaken)
    #expect(nodes[1].phase == .admitted)
    #expect(nodes[0].member(named: "node-1")?.id == nodes[1].myself.id)
    await MeshHarness.shutdown(nodes)
  }

  @Test("a node that would derive the coordinator otherwise is refused, and told why")
  func otherPolicy() async throws {
    let key = try MeshHarness.key()
    let seed = try await Mesh.start(MeshHarness.configuration("a", key: key))
    var other = MeshHarness.configuration("b", key: key, seeds: [seed.endpoint])
    other.core.coordination.policy = .highestID
    #expect(await code { try await Mesh.start(other) } == .otherPolicy)
    #expect(seed.members.count == 1)
    await seed.shutdown()
  }

  @Test("a wrong key and a wrong cluster id are told apart, and change nothing at the seed")
  func wrongKey() async throws {
    let key = try MeshHarness.key()
    let seed = try await Mesh.start(MeshHarness.configuration("a", key: key))
    let otherKey = MeshHarness.configuration("b", key: try MeshHarness.key(), seeds: [seed.endpoint])
    #expect(await code { try await Mesh.start(otherKey) } == .wrongKey)
    let otherCluster = MeshHarness.configuration("b", key: key, seeds: [seed.endpoint], clusterID: "other")
    #expect(await code { try await Mesh.start(otherCluster) } == .wrongCluster)
    #expect(seed.members.count == 1)
    await seed.shutdown()
  }

  @Test("a seed that comes up later is joined; one that does not resolve is told")
  func lateSeed() async throws {
    let key = try MeshHarness.key()
    // A port that was free a moment ago, at an address where no other test looks for one.
    var probing = MeshHarness.configuration("probe", key: key)
    #if os(Linux)
      probing.bind = "127.0.0.2:0"
    #endif
    let probe = try await Mesh.start(probing)
    let address = probe.endpoint
    await probe.shutdown()
    let node = try await Mesh.start(MeshHarness.configuration("b", key: key, seeds: [address]))
    #expect(node.phase == .joining)
    var seedConfiguration = MeshHarness.configuration("a", key: key)
    seedConfiguration.bind = address.description
    let seed = try await Mesh.start(seedConfiguration)
    #expect(await node.sees(2))
    #expect(await seed.sees(2))

    var unresolvable = MeshHarness.configuration("c", key: key)
    unresolvable.seeds = ["no-such-host.invalid:7946"]
    let lost = try await Mesh.start(unresolvable)
    #expect(lost.phase == .joining)
    #expect(await lost.counts("join_attempts", atLeast: 2))
    await MeshHarness.shutdown([node, seed, lost])
  }

  @Test("garbage on both ports is counted by kind and changes nothing")
  func garbage() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    #expect(await nodes[0].sees(2))
    let before = nodes[0].members.map(\.id)
    let socket = try await RawSocket()
    let good = UInt8(1)
    for datagram in [[], [1, 2, 3], [UInt8](repeating: 0xFF, count: 100), [good] + [UInt8](repeating: 7, count: 99)] {
      try await socket.send(datagram, to: nodes[0].endpoint)
    }
    for kind in ["rejected_too_short", "rejected_unknown_version", "rejected_unknown_key"] {
      #expect(await nodes[0].counts(kind, atLeast: 1), "\(kind)")
    }
    try await RawSocket.connect(to: nodes[0].endpoint, sending: Array("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(await nodes[0].counts("handshakes_failed", atLeast: 1))
    #expect(nodes[0].members.map(\.id) == before)
    #expect(await nodes[0].waits { $0.members.allSatisfy { $0.status == .alive } })
    await socket.close()
    await MeshHarness.shutdown(nodes)
  }

  @Test("a connection that says nothing is closed when its time is over")
  func silentConnection() async throws {
    let node = try await Mesh.start(MeshHarness.configuration("a", key: try MeshHarness.key()))
    // Returns when the node has closed it.
    try await RawSocket.connect(to: node.endpoint, sending: [])
    #expect(node.counter("handshakes_timed_out") == 1)
    await node.shutdown()
  }

  @Test("handshakes that come a byte at a time end when their time is over, and a node joins beside them")
  func slowHandshakes() async throws {
    let key = try MeshHarness.key()
    let node = try await Mesh.start(MeshHarness.configuration("a", key: key))
    var opening: [UInt8] = []
    var initiator = SecureStream(
      initiator: .random(), expecting: node.myself.id, key: key, clusterID: "test")
    initiator.start(into: &opening)
    // Without its end: however slow this machine is, nothing of it is ever answered.
    let (bytes, endpoint) = (Array(opening.dropLast()), node.endpoint)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { try await RawSocket.dribble(bytes, to: endpoint) } }
      let second = try await Mesh.start(MeshHarness.configuration("b", key: key, seeds: [endpoint]))
      #expect(await node.sees(2))
      await second.shutdown()
      // Each returns when the node has closed it.
      try await group.waitForAll()
    }
    #expect(await node.counts("handshakes_timed_out", atLeast: 20))
    await node.shutdown()
  }

  @Test(
    "beyond 512 connections that have not proved themselves random ones are closed, and a node joins all the same",
    .enabled(if: FileLimit.raise(to: 4_096)))
  func strangers() async throws {
    let key = try MeshHarness.key()
    let node = try await Mesh.start(MeshHarness.configuration("a", key: key))
    var idle: [any Channel] = []
    // On a slow machine the time of the first ones is over before there are too many.
    while node.counter("streams_displaced") < 88, idle.count < 20_000 {
      idle += try await RawSocket.connect(200, to: node.endpoint)
    }
    #expect(node.counter("streams_displaced") >= 88)
    let second = try await Mesh.start(MeshHarness.configuration("b", key: key, seeds: [node.endpoint]))
    #expect(await node.sees(2))
    #expect(await second.sees(2))
    // In the end all are closed: those that were not displaced when their time is over.
    for channel in idle { try await channel.closeFuture.get() }
    await MeshHarness.shutdown([node, second])
  }

  @Test("a recorded packet that is replayed to its receiver, to another node, or after a restart changes nothing")
  func replay() async throws {
    let key = try MeshHarness.key()
    // The middle node advertises a relay in front of itself, so that whatever is sent to it can be recorded.
    let relay = try await RecordingRelay()
    let first = try await Mesh.start(MeshHarness.configuration("first", key: key))
    var configuration = MeshHarness.configuration("behind", key: key, seeds: [first.endpoint])
    configuration.advertise = relay.endpoint.description
    let behind = try await Mesh.start(configuration)
    relay.forward(to: behind.boundEndpoint)
    #expect(await first.sees(2))
    #expect(await behind.counts("datagrams_opened", atLeast: 3))
    let recorded = relay.recorded
    #expect(!recorded.isEmpty)
    // The protocol itself; challenges and their echoes are counted otherwise.
    let opened = recorded.filter { $0.first == 1 }

    let replayedBefore = behind.counter("rejected_replayed")
    for datagram in opened { relay.inject(datagram, to: behind.boundEndpoint) }
    #expect(await behind.counts("rejected_replayed", atLeast: replayedBefore + UInt64(opened.count)))

    let forgedBefore = first.counter("rejected_forged")
    for datagram in opened { relay.inject(datagram, to: first.boundEndpoint) }
    #expect(await first.counts("rejected_forged", atLeast: forgedBefore + UInt64(opened.count)))

    await behind.shutdown()
    let again = try await Mesh.start(configuration)
    let fingerprint = again.fingerprint
    let forged = again.counter("rejected_forged")
    for datagram in opened { relay.inject(datagram, to: again.boundEndpoint) }
    #expect(await again.counts("rejected_forged", atLeast: forged + UInt64(opened.count)))
    #expect(again.fingerprint == fingerprint)
    await MeshHarness.shutdown([first, again])
    await relay.close()
  }

  @Test("starting and stopping twenty times in one process leaves no descriptor behind")
  func noLeaks() async throws {
    let key = try MeshHarness.key()
    func cycle() async throws {
      let nodes = try await MeshHarness.cluster(2, key: key)
      try await nodes[1].leave()
      await nodes[0].shutdown()
      await nodes[0].shutdown()
    }
    try await cycle()
    for _ in 0..<20 { try await cycle() }
    // Sockets are gone when `shutdown` returns, so one port can be bound again and again.
    let node = try await Mesh.start(MeshHarness.configuration("a", key: key))
    var same = MeshHarness.configuration("a", key: key)
    same.bind = node.boundEndpoint.description
    await node.shutdown()
    for _ in 0..<20 { await (try await Mesh.start(same)).shutdown() }
    await #expect(throws: MeshError.self) { try await node.leave() }
  }
}

@Suite("Strangers")
struct StrangersTests {
  private func filled(_ count: Int, from host: String, _ strangers: inout Strangers, first: UInt64) throws {
    let endpoint = try #require(Endpoint("\(host):4000"))
    for number in 0..<count {
      let id = StreamID(first + UInt64(number))
      strangers.add(id)
      strangers.locate(id, at: endpoint)
    }
  }

  @Test("who fills the table from one address displaces only himself")
  func oneAddress() throws {
    var random = PRNG(seed: 3)
    var strangers = Strangers()
    try filled(8, from: "10.0.0.1", &strangers, first: 0)
    try filled(Strangers.limit - 8, from: "10.0.0.2", &strangers, first: 1_000)
    #expect(strangers.isFull)
    for round in 0..<2_000 {
      let displaced = strangers.displace { random.below($0) }
      #expect(try #require(displaced).raw >= 1_000)
      #expect(!strangers.isFull)
      try filled(1, from: "10.0.0.2", &strangers, first: 10_000 + UInt64(round))
    }
  }

  @Test("among many addresses none is spared, and nobody is displaced who has gone")
  func manyAddresses() throws {
    var random = PRNG(seed: 4)
    var strangers = Strangers()
    for host in 0..<16 { try filled(1, from: "10.0.0.\(host)", &strangers, first: UInt64(host)) }
    strangers.remove(StreamID(3))
    var displaced: Set<UInt64> = []
    while let id = strangers.displace(draw: { random.below($0) }) { displaced.insert(id.raw) }
    #expect(displaced == Set(0..<16).subtracting([3]))
  }
}

@Suite("Descriptor reserve")
struct DescriptorReserveTests {
  @Test("the reserve is reached exactly when what it holds back is more than what is left")
  func reached() {
    #expect(!DescriptorReserve.isReached(reserve: 0))
    #expect(DescriptorReserve.isReached(reserve: .max >> 1))
  }
}

/// How many files this process may have open.
enum FileLimit {
  /// Whether it may be so many from now on.
  static func raise(to count: UInt64) -> Bool {
    var limit = rlimit()
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    #else
      let resource = RLIMIT_NOFILE
    #endif
    guard unsafe getrlimit(resource, &limit) == 0 else { return false }
    if limit.rlim_cur >= count { return true }
    guard limit.rlim_max >= count else { return false }
    limit.rlim_cur = rlim_t(count)
    return unsafe setrlimit(resource, &limit) == 0
  }
}
