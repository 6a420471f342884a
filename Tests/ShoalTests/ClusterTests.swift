import Shoal
import ShoalSecurity
import Testing

@Suite("Clusters on sockets", .timeLimit(.minutes(5)))
struct ClusterTests {
  @Test("one node alone founds its cluster and is its only member")
  func one() async throws {
    let node = try await Mesh.start(MeshHarness.configuration("alone", key: try MeshHarness.key()))
    #expect(node.phase == .admitted)
    #expect(node.members.map(\.name) == ["alone"])
    #expect(node.isConverged)
    #expect(node.endpoint.port != 0)
    await node.shutdown()
    #expect(node.phase == .stopped)
  }

  @Test("two nodes see each other; when one dies the other says so")
  func two() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    #expect(await nodes[0].sees(2))
    for node in nodes { #expect(await node.waits { $0.coordinator != nil }) }
    #expect(await nodes[0].waitsFor { nodes[0].fingerprint == nodes[1].fingerprint })
    let victim = nodes[1].myself.id
    await nodes[1].shutdown()
    #expect(await nodes[0].sees(victim, as: .dead))
    let explanation = try #require(await nodes[0].explain("node-1").first)
    #expect(explanation.evidence?.accuser == nodes[0].myself.id)
    #expect(explanation.decidedHere == true)
    await nodes[0].shutdown()
  }

  @Test("new tags come to the others; tags that no member would take are refused and change nothing")
  func tags() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    try await nodes[1].setTags(["zone": "b"])
    #expect(await nodes[0].waits { $0.member(named: "node-1")?.tags == ["zone": "b"] })
    let incarnation = nodes[1].myself.incarnation
    try await nodes[1].setTags(["zone": "b"])
    let error = await #expect(throws: MeshError.self) { try await nodes[1].setTags(["": "b"]) }
    #expect(error?.code == .invalidConfiguration)
    #expect(nodes[1].myself.incarnation == incarnation)
    #expect(nodes[1].myself.tags == ["zone": "b"])
    await MeshHarness.shutdown(nodes)
  }

  @Test("a cluster forms on the loopback address of IPv6", .enabled(if: MeshHarness.hasIPv6))
  func sixth() async throws {
    let key = try MeshHarness.key()
    var configuration = MeshHarness.configuration("first", key: key)
    configuration.bind = "[::1]:0"
    let first = try await Mesh.start(configuration)
    #expect(first.endpoint.description.hasPrefix("[::1]:"))
    configuration = MeshHarness.configuration("second", key: key, seeds: [first.endpoint])
    configuration.bind = "[::1]:0"
    let second = try await Mesh.start(configuration)
    #expect(await first.sees(2))
    #expect(await second.sees(2))
    await second.shutdown()
    #expect(await first.sees(second.myself.id, as: .dead))
    await first.shutdown()
  }

  @Test("metadata of 64 KiB comes to the others over real streams, at the start and after a change; more is refused")
  func metadata() async throws {
    let key = try MeshHarness.key()
    let first = try await Mesh.start(MeshHarness.configuration("first", key: key))
    var configuration = MeshHarness.configuration("second", key: key, seeds: [first.endpoint])
    configuration.metadata = [1, 2, 3]
    let second = try await Mesh.start(configuration)
    let id = second.myself.id
    func learns(_ bytes: [UInt8], version: UInt64) async throws {
      for await event in first.events {
        if await first.metadata(of: id) == bytes { break }
        if case .metadataChanged(let member) = event { #expect(member.metadataVersion <= version) }
      }
      #expect(first.member(named: "second")?.metadataVersion == version)
    }
    try await learns([1, 2, 3], version: 1)
    let longest = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 / 3) }
    try await second.setMetadata(longest)
    try await learns(longest, version: 2)
    let error = await #expect(throws: MeshError.self) { try await second.setMetadata(longest + [0]) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.message.contains("65537") == true)
    configuration.metadata = longest + [0]
    #expect(throws: MeshError.self) { try configuration.validate() }
    #expect(await first.metadata(of: first.myself.id) == [])
    await MeshHarness.shutdown([second, first])
    let stopped = await #expect(throws: MeshError.self) { try await second.setMetadata([]) }
    #expect(stopped?.code == .stopped)
  }

  @Test("in three nodes a graceful leave is seen as left, and never as a failure")
  func leave() async throws {
    let nodes = try await MeshHarness.cluster(3, key: try MeshHarness.key())
    for node in nodes { #expect(await node.sees(3)) }
    let leaver = nodes[2].myself.id
    let (watching, begun) = AsyncStream<Void>.makeStream()
    async let seen: [MeshEvent] = {
      var seen: [MeshEvent] = []
      for await event in nodes[0].events {
        if case .snapshot = event { begun.finish() }
        guard event.member?.id == leaver else { continue }
        seen.append(event)
        if case .left = event { break }
      }
      return seen
    }()
    // The snapshot that events begin with must still hold the leaver.
    for await _ in watching {}
    try await nodes[2].leave()
    #expect(await nodes[1].sees(leaver, as: .left))
    let events = await seen
    #expect(events.last?.member?.leaveReason == .left)
    #expect(!events.contains { if case .died = $0 { true } else { false } })
    await MeshHarness.shutdown(nodes)
  }

  @Test("a restart under the old name replaces the old process at once")
  func restart() async throws {
    let key = try MeshHarness.key()
    let nodes = try await MeshHarness.cluster(3, key: key)
    for node in nodes { #expect(await node.sees(3)) }
    let old = nodes[2].myself.id
    await nodes[2].shutdown()
    let again = try await Mesh.start(
      MeshHarness.configuration("node-2", key: key, seeds: [nodes[0].endpoint]))
    #expect(await nodes[1].sees(old, as: .left))
    #expect(nodes[1].departed.first { $0.id == old }?.leaveReason == .superseded)
    #expect(await nodes[1].waits { $0.member(named: "node-2")?.id == again.myself.id })
    await MeshHarness.shutdown(nodes + [again])
  }

  @Test("64 sealed nodes through one seed reach one fingerprint, and all see a killed node")
  func sixtyFour() async throws {
    let key = try MeshHarness.key()
    let seed = try await Mesh.start(MeshHarness.configuration("node-0", key: key))
    let nodes = try await withThrowingTaskGroup(of: Mesh.self) { group in
      for index in 1..<64 {
        group.addTask {
          try await Mesh.start(MeshHarness.configuration("node-\(index)", key: key, seeds: [seed.endpoint]))
        }
      }
      var nodes = [seed]
      for try await node in group { nodes.append(node) }
      return nodes
    }
    for node in nodes { #expect(await node.waits { $0.members.count == 64 && $0.coordinator != nil }) }
    // A first coordinator may have given way to another, whose claim is still on its way.
    #expect(await nodes[0].waitsFor { Set(nodes.map(\.fingerprint)).count == 1 })
    let victim = nodes[40]
    let id = victim.myself.id
    await victim.shutdown()
    for node in nodes where node !== victim { #expect(await node.sees(id, as: .dead)) }
    await MeshHarness.shutdown(nodes)
  }

  @Test("a slow reader finds a snapshot first, and then the latest state of each member")
  func slowReader() async throws {
    let key = try MeshHarness.key()
    let nodes = try await MeshHarness.cluster(2, key: key)
    #expect(await nodes[0].sees(2))
    var reader = nodes[0].events.makeAsyncIterator()
    let third = try await Mesh.start(MeshHarness.configuration("node-2", key: key, seeds: [nodes[0].endpoint]))
    let id = third.myself.id
    #expect(await nodes[0].sees(3))
    await third.shutdown()
    #expect(await nodes[0].sees(id, as: .dead))
    guard case .snapshot(let members)? = await reader.next() else {
      Issue.record("the first event is no snapshot")
      return
    }
    #expect(members.count == 2)
    // Joined, suspected and died have become one event: the last.
    var last: MeshEvent?
    while last?.member?.id != id { last = await reader.next() }
    #expect(last?.member?.status == .dead)
    await MeshHarness.shutdown(nodes)
  }
}
