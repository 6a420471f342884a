public import NIOCore
import NIOPosix
public import ShoalCore
public import ShoalSecurity

/// A process that talks to members of a cluster without being one: it is in no view, nobody watches over it, and it needs no port.
///
/// ```swift
/// let client = try await MeshClient.connect(to: ["10.0.0.5:7946"], key: key)
/// for member in try await client.members() { try await client.send(bytes, to: member.id) }
/// await client.close()
/// ```
/// One member, its home, tells it which others there are; when that one goes, another takes its place. The client connects to each member
/// that it sends to, and keeps that connection for `messaging.idleTimeout` after the last message. A member may send to a client for as
/// long as their session lives, by the `sender` of what it got.
public final class MeshClient: MessageSender {
  /// Drawn when it connects.
  public let id: NodeID
  public let outlet: MessageOutlet
  let driver: ClientDriver

  private init(driver: ClientDriver) {
    self.driver = driver
    id = driver.nodeID
    outlet = MessageOutlet(
      nodeID: driver.nodeID, gate: driver.gate, tracing: driver.tracing, handlers: driver.handlers,
      mayBeSentTo: { peer in driver.read { $0.member(peer) != nil } },
      isStopped: { driver.read { $0.phase == .stopped } }, lookUp: { await driver.refresh() })
  }

  /// Connects to a cluster through any of its members.
  ///
  /// - Parameters:
  ///   - seeds: `HOST:PORT` of members; all are tried at once, and the first that lets the client in is its home.
  ///   - key: the cluster's; nil only with `insecure`.
  ///   - eventLoop: where the client runs; by default one of the process-wide loops.
  /// - Throws: `MeshError`: `.tooManyClients` when every member that answered has as many as it takes, `.wrongKey`, `.wrongCluster`,
  ///   `.unreachable` with the reason for each seed, `.noKey` and `.invalidConfiguration`. Nothing is left behind then.
  public static func connect(
    to seeds: [String], key: ClusterKey?, configuration: MeshClientConfiguration = MeshClientConfiguration(),
    on eventLoop: (any EventLoop)? = nil
  ) async throws(MeshError) -> MeshClient {
    try configuration.validate()
    guard key != nil || configuration.insecure else {
      throw MeshError(.noKey, "no key: a client needs the cluster's, or insecure to run without one")
    }
    guard !seeds.isEmpty else {
      throw MeshError(.invalidConfiguration, "seeds is empty, but a client needs the HOST:PORT of one member at least")
    }
    var addresses: [SeedAddress] = []
    for seed in seeds { addresses.append(try HostPort(seed, setting: "seed").seed) }
    let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
    let driver = ClientDriver(configuration: configuration, key: try ClusterKey.sealing(key), eventLoop: loop)
    let failures = await driver.start(seeds: addresses)
    if let failures {
      await driver.close()
      throw MeshError(client: failures)
    }
    return MeshClient(driver: driver)
  }

  /// The member that tells of the others; nil while the client looks for another one.
  public var home: Member? { driver.read { engine in engine.home.flatMap { engine.member($0) } } }

  /// The living members, by name, as home sees them now.
  ///
  /// - Throws: `MeshError`: `.unreachable` while there is no home, `.stopped` after `close()`.
  public func members() async throws(MeshError) -> [Member] {
    await driver.refresh()
    let members = driver.read { engine in
      engine.phase != .stopped && engine.home != nil ? engine.members : nil
    }
    guard let members else {
      guard !outlet.isStopped() else { throw MeshError(.stopped, "the client was closed already") }
      throw MeshError(.unreachable, "no member answers at present; the client goes on looking for one")
    }
    return members.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  /// Lets the messages arrive that wait to be sent, says goodbye, and ends every connection. Calling it again does nothing more.
  ///
  /// - Parameter flushLimit: how long to wait for messages; what has no outcome by then ends as `.notDelivered` or `.unknown`. Default 2 s.
  public func close(flushingFor flushLimit: Duration = .seconds(2)) async {
    await driver.gate.waitUntilEmpty(for: flushLimit)
    await driver.close()
  }
}
