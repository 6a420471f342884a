import Logging
import NIOCore
import Shoal
import ShoalCore
import ShoalSecurity
import Synchronization
import Testing

@Suite("Clients on sockets", .timeLimit(.minutes(5)))
struct ClientTests {
  private final class Record: Sendable {
    private let seen = Mutex<[[UInt8]]>([])
    func note(_ bytes: [UInt8]) { seen.withLock { $0.append(bytes) } }
    var all: [[UInt8]] { seen.withLock { $0 } }
  }

  private static var configuration: MeshClientConfiguration {
    var configuration = MeshClientConfiguration(clusterID: "test")
    configuration.client.refreshInterval = .milliseconds(100)
    configuration.handlers = MessageHandlers()
    configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }

  private static func connect(
    to nodes: [Mesh], key: ClusterKey, _ change: (inout MeshClientConfiguration) -> Void = { _ in }
  ) async throws -> MeshClient {
    var configuration = configuration
    change(&configuration)
    return try await MeshClient.connect(
      to: nodes.map(\.endpoint.description), key: key, configuration: configuration)
  }

  private static func cluster(
    _ count: Int, key: ClusterKey, _ adjust: (inout MeshConfiguration) -> Void = { _ in }
  ) async throws -> [Mesh] {
    let nodes = try await MeshHarness.cluster(count, key: key) {
      $0.handlers = MessageHandlers()
      adjust(&$0)
    }
    for node in nodes { #expect(await node.sees(count)) }
    return nodes
  }

  @Test("a client sees the members, asks one that it was not connected to, and is no member itself")
  func request() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(3, key: key)
    nodes[2].handlers.onRequest { $0.bytes + [9] }
    let client = try await Self.connect(to: [nodes[0]], key: key)
    #expect(try await client.members().map(\.name) == ["node-0", "node-1", "node-2"])
    #expect(client.home?.id == nodes[0].myself.id)
    #expect(try await client.request([1], to: nodes[2].myself.id) == [1, 9])
    for node in nodes { #expect(node.members.count == 3) }
    #expect(nodes[0].counter("clients") == 1)
    #expect(nodes[1].counter("clients") == 0)
    let stranger = await #expect(throws: MessageError.self) {
      try await client.send([1], to: NodeID(high: 7, low: 7))
    }
    #expect(stranger?.code == .notMember)
    await client.close()
    // It has said goodbye.
    for node in nodes { #expect(await node.waitsFor { node.counter("clients") == 0 }) }
    let closed = await #expect(throws: MessageError.self) { try await client.send([1], to: nodes[0].myself.id) }
    #expect(closed?.code == .stopped)
    let late = await #expect(throws: MeshError.self) { _ = try await client.members() }
    #expect(late?.code == .stopped)
    await MeshHarness.shutdown(nodes)
  }

  @Test("a member sends to a client by the sender of what it got, asks it, and is told when it has gone")
  func unasked() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(1, key: key)
    let node = nodes[0]
    let record = Record()
    node.handlers.onMessage { message in
      record.note(message.bytes)
      try? await node.send([2], to: message.sender)
    }
    let client = try await Self.connect(to: nodes, key: key)
    client.handlers.onMessage { record.note($0.bytes) }
    client.handlers.onRequest { $0.bytes + $0.bytes }
    try await client.send([1], to: node.myself.id, options: .acknowledged)
    #expect(await node.waitsFor { record.all == [[1], [2]] })
    #expect(try await node.request([4], to: client.id) == [4, 4])
    #expect(try await node.broadcast([5]).acknowledged.isEmpty)
    await client.close()
    #expect(await node.waitsFor { node.counter("clients") == 0 })
    let gone = await #expect(throws: MessageError.self) { try await node.send([3], to: client.id) }
    #expect(gone?.code == .notMember)
    await MeshHarness.shutdown(nodes)
  }

  @Test("a member that dies: what waits for it ends, and the client goes on with another home")
  func death() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(3, key: key)
    let client = try await Self.connect(to: [nodes[0]], key: key)
    let victim = nodes[0].myself.id
    try await client.send([1], to: victim, options: .acknowledged)
    await nodes[0].shutdown()
    let error = await #expect(throws: MessageError.self) {
      try await client.send([2], to: victim, options: .acknowledged)
    }
    let codes: [MessageError.Code] = [.notDelivered, .unknown, .notMember]
    #expect(error.map { codes.contains($0.code) } == true)
    #expect(await nodes[1].waitsFor { client.home != nil && client.home?.id != victim })
    let record = Record()
    nodes[2].handlers.onMessage { record.note($0.bytes) }
    try await client.send([3], to: nodes[2].myself.id, options: .acknowledged)
    #expect(await nodes[2].waitsFor { record.all == [[3]] })
    await client.close()
    await MeshHarness.shutdown(nodes)
  }

  @Test("beyond the limit a client is told so when it connects, and when it sends; the next one finds room again")
  func limit() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(2, key: key) { $0.core.messaging.clientLimit = 1 }
    let first = try await Self.connect(to: [nodes[0]], key: key)
    let error = await #expect(throws: MeshError.self) { _ = try await Self.connect(to: [nodes[0]], key: key) }
    #expect(error?.code == .tooManyClients)
    #expect(error?.message.contains("messaging.clientLimit") == true)
    let second = try await Self.connect(to: nodes, key: key)
    #expect(second.home?.id == nodes[1].myself.id)
    let refused = await #expect(throws: MessageError.self) {
      try await second.send([1], to: nodes[0].myself.id, options: .acknowledged)
    }
    #expect(refused?.code == .refused)
    #expect(refused?.message.contains("as many clients") == true)
    await first.close()
    #expect(await nodes[0].waitsFor { nodes[0].counter("clients") == 0 })
    try await second.send([1], to: nodes[0].myself.id, options: .acknowledged)
    #expect(nodes[0].counter("clients_refused") >= 2)
    await second.close()
    await MeshHarness.shutdown(nodes)
  }

  @Test("connections that are cut all the time lose nothing and repeat nothing, in either direction")
  func cuts() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(1, key: key)
    let node = nodes[0]
    let (atNode, atClient) = (Record(), Record())
    node.handlers.onMessage { atNode.note($0.bytes) }
    let client = try await Self.connect(to: nodes, key: key)
    client.handlers.onMessage { atClient.note($0.bytes) }
    try await client.send([0], to: node.myself.id, options: .acknowledged)
    let cutter = Task {
      while !Task.isCancelled {
        try? await node.eventLoop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        _ = try await node.cutChannels()
      }
    }
    for number in 1...2_000 {
      let bytes = [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
      try await client.send(bytes, to: node.myself.id)
      try await node.send(bytes, to: client.id)
    }
    let isWhole = await node.waitsFor { atNode.all.count == 2_001 && atClient.all.count == 2_000 }
    cutter.cancel()
    _ = await cutter.result
    #expect(isWhole)
    #expect(atNode.all.dropFirst() == atClient.all[...])
    #expect(atClient.all == atClient.all.sorted { $0.lexicographicallyPrecedes($1) })
    await client.close()
    await MeshHarness.shutdown(nodes)
  }

  @Test("somebody who comes as a client under the NodeID of a member disturbs nothing")
  func impostor() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(2, key: key)
    let record = Record()
    nodes[0].handlers.onMessage { record.note($0.bytes) }
    try await nodes[1].send([1], to: nodes[0].myself.id, options: .acknowledged)
    try await RoguePeer.connect(
      to: nodes[0], as: nodes[1].myself.id, key: key, opening: [FrameType.client.rawValue, 1, 1], sending: [1])
    try await nodes[1].send([2], to: nodes[0].myself.id, options: .acknowledged)
    #expect(await nodes[0].waitsFor { record.all == [[1], [2]] })
    #expect(nodes[0].counter("clients_refused") == 1)
    #expect(nodes[0].counter("sessions_broken") == 0)
    await MeshHarness.shutdown(nodes)
  }

  @Test("what keeps a client from connecting is said: another key, another cluster, nobody there, no seed")
  func errors() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(1, key: key)
    func failure(_ connect: () async throws -> MeshClient) async -> MeshError? {
      do {
        await (try await connect()).close()
        return nil
      } catch { return error as? MeshError }
    }
    let other = try MeshHarness.key()
    #expect(await failure { try await Self.connect(to: nodes, key: other) }?.code == .wrongKey)
    #expect(await failure { try await Self.connect(to: nodes, key: key) { $0.clusterID = "x" } }?.code == .wrongCluster)
    #expect(await failure { try await Self.connect(to: [], key: key) }?.code == .invalidConfiguration)
    #expect(
      await failure { try await MeshClient.connect(to: ["127.0.0.1:1"], key: nil, configuration: Self.configuration) }?
        .code == .noKey)
    let seed = nodes[0].endpoint.description
    await MeshHarness.shutdown(nodes)
    let nobody = await failure {
      try await MeshClient.connect(to: [seed], key: key, configuration: Self.configuration)
    }
    #expect(nobody?.code == .unreachable)
    #expect(nobody?.message.contains("nobody listens at seed \(seed)") == true)
  }

  @Test("an observer sends, is sent to, and gets broadcasts as any member does")
  func observer() async throws {
    let key = try MeshHarness.key()
    let nodes = try await Self.cluster(3, key: key) { if $0.name == "node-2" { $0.role = .observer } }
    let observer = nodes[2]
    #expect(nodes[0].member(observer.myself.id)?.role == .observer)
    let record = Record()
    observer.handlers.onMessage { record.note($0.bytes) }
    nodes[0].handlers.onRequest { $0.bytes + [9] }
    #expect(try await observer.request([1], to: nodes[0].myself.id) == [1, 9])
    try await nodes[0].send([2], to: observer.myself.id, options: .acknowledged)
    #expect(try await nodes[1].broadcast([3]).isComplete)
    #expect(try await observer.broadcast([4]).acknowledged.count == 2)
    #expect(await observer.waitsFor { Set(record.all) == [[2], [3]] })
    await MeshHarness.shutdown(nodes)
  }
}
