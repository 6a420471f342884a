import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalSecurity
import Testing

/// Nodes on 127.0.0.1 with ports that the system picks, quick timings and no log output.
enum MeshHarness {
  /// Whether this machine has the loopback address of IPv6; containers often have none.
  static var hasIPv6: Bool {
    ((try? System.enumerateDevices()) ?? []).contains {
      $0.address?.protocol == .inet6 && $0.address?.ipAddress == "::1"
    }
  }

  static func key() throws -> ClusterKey { try ClusterKey.generate() }

  static func configuration(
    _ name: String, key: ClusterKey, seeds: [Endpoint] = [], clusterID: String = "test"
  ) -> MeshConfiguration {
    var configuration = MeshConfiguration(
      name: name, clusterID: clusterID, key: key, bind: "127.0.0.1:0", seeds: seeds.map(\.description))
    configuration.core = .local
    configuration.core.membership.joinRetryInterval = .milliseconds(50)
    configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }

  /// Starts `count` nodes one after another, all through the first.
  static func cluster(
    _ count: Int, key: ClusterKey, adjust: (inout MeshConfiguration) -> Void = { _ in }
  ) async throws -> [Mesh] {
    var nodes: [Mesh] = []
    for index in 0..<count {
      var configuration = configuration("node-\(index)", key: key, seeds: nodes.prefix(1).map(\.endpoint))
      adjust(&configuration)
      nodes.append(try await Mesh.start(configuration))
    }
    return nodes
  }

  static func shutdown(_ nodes: [Mesh]) async {
    for node in nodes { await node.shutdown() }
  }
}

extension Mesh {
  /// Waits until something about its view holds.
  func waits(until isReached: @Sendable (Mesh) -> Bool) async -> Bool {
    await waitsFor { isReached(self) }
  }

  func sees(_ count: Int) async -> Bool { await waits { $0.members.count == count } }

  /// Waits until a member of this name and NodeID has the given status here.
  func sees(_ id: NodeID, as status: MemberStatus) async -> Bool {
    await waits { mesh in (mesh.members + mesh.departed).contains { $0.id == id && $0.status == status } }
  }

  func counter(_ name: String) -> UInt64 { counters.first { $0.name == name }?.value ?? 0 }

  /// Looks at a counter until it has risen that far. Counters change without events, so this looks again and again.
  func counts(_ name: String, atLeast count: UInt64) async -> Bool {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    for _ in 0..<6_000 {
      if counter(name) >= count { return true }
      try? await loop.scheduleTask(in: .milliseconds(10)) {}.futureResult.get()
    }
    return false
  }

  /// Looks at something, which may be of several nodes, until it holds.
  func waitsFor(_ condition: @Sendable () -> Bool) async -> Bool {
    for _ in 0..<12_000 {
      if condition() { return true }
      try? await eventLoop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
    }
    return condition()
  }
}
