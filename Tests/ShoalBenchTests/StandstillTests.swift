import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity
import Testing

/// Nodes that stand still while others on the same event loop go on.
@Suite struct StandstillTests {
  private func start(_ name: String, seeds: [Endpoint] = [], key: ClusterKey) async throws -> Mesh {
    var configuration = MeshConfiguration(
      name: name, key: key, bind: "127.0.0.1:0", seeds: seeds.map(\.description))
    configuration.core = .local
    configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return try await Mesh.start(configuration)
  }

  /// What becomes of a connection within a while: nil when it stands.
  private func connect(to endpoint: Endpoint, within limit: TimeAmount = .seconds(60)) async -> (any Error)? {
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(limit).connect(host: endpoint.host, port: Int(endpoint.port)).get()
      // A node that does not hear who it is may have closed it before.
      try? await channel.close()
      return nil
    } catch { return error }
  }

  private func wait(_ node: Mesh, until isReached: (Mesh) -> Bool) async {
    for await _ in node.events where isReached(node) { return }
  }

  private func isTimeout(_ error: (any Error)?) -> Bool {
    if case .connectTimeout = error as? ChannelError { true } else { false }
  }

  #if os(Linux)
    @Test("the port of a node that is mute neither answers nor refuses; when the node goes on, it answers")
    func mutePort() async throws {
      let node = try await start("a", key: try ClusterKey.generate())
      let before = await connect(to: node.endpoint)
      #expect(before == nil, "\(String(describing: before))")
      try await node.standStill(.machine)
      for _ in 0..<3 { #expect(isTimeout(await connect(to: node.endpoint, within: .seconds(1)))) }
      try await node.goOn()
      let after = await connect(to: node.endpoint)
      #expect(after == nil, "\(String(describing: after))")
      await node.shutdown()
      let refused = await connect(to: node.endpoint)
      #expect(refused != nil && !isTimeout(refused))
    }
  #endif

  @Test("the kernel of a node whose process is stopped goes on accepting")
  func stoppedProcess() async throws {
    let node = try await start("a", key: try ClusterKey.generate())
    try await node.standStill(.process)
    #expect(await connect(to: node.endpoint) == nil)
    await node.shutdown()
  }

  @Test(
    "a node that stands still sends nothing; when it goes on, it answers again",
    arguments: [StandstillKind.process, .machine])
  func silence(kind: StandstillKind) async throws {
    let key = try ClusterKey.generate()
    let a = try await start("a", key: key)
    let b = try await start("b", seeds: [a.endpoint], key: key)
    try await b.standStill(kind)
    let sent = try await b.eventLoop.submit { b.figures }.get()
    await wait(a) { $0.members.count == 1 }
    let sentSince = try await b.eventLoop.submit { b.figures }.get()
    #expect(sentSince.datagrams == sent.datagrams && sentSince.streamBytes == sent.streamBytes)
    try await b.goOn()
    await wait(a) { $0.members.count == 2 }
    #expect(a.member(named: "b")?.id == b.myself.id)
    await a.shutdown()
    await b.shutdown()
  }

  @Test("nodes whose link is cut hold each other dead, and find each other again when it is healed")
  func cutLink() async throws {
    let key = try ClusterKey.generate()
    let a = try await start("a", key: key)
    let b = try await start("b", seeds: [a.endpoint], key: key)
    try await a.cutLinks(LinkFilter(blocking: [b.endpoint]))
    try await b.cutLinks(LinkFilter(blocking: [a.endpoint]))
    await wait(a) { $0.members.count == 1 }
    try await a.cutLinks(nil)
    try await b.cutLinks(nil)
    await wait(a) { $0.members.count == 2 }
    #expect(a.members.count == 2)
    await a.shutdown()
    await b.shutdown()
  }
}
