public import NIOCore
import NIOPosix
public import ShoalCore
import ShoalSecurity

/// One node of a mesh: the membership layer that a service embeds.
///
/// Getters answer at once, from what this node holds at that moment, and may be called from anywhere; a list costs its length. A node holds its sockets until `leave()` or
/// `shutdown()`; when either returns, every socket, timer and task of it is gone and the process can start another.
public final class Mesh: MessageSender {
  /// Where this node listens.
  public let boundEndpoint: Endpoint
  /// Where others reach it.
  public let endpoint: Endpoint
  public let clusterID: String
  public let outlet: MessageOutlet
  let driver: EngineDriver
  private var publisher: Publisher { driver.publisher }

  private init(driver: EngineDriver, boundEndpoint: Endpoint) {
    self.driver = driver
    self.boundEndpoint = boundEndpoint
    endpoint = driver.identity.endpoint
    clusterID = driver.configuration.clusterID
    outlet = MessageOutlet(
      nodeID: driver.identity.id, gate: driver.gate, tracing: driver.tracing, handlers: driver.configuration.handlers,
      mayBeSentTo: { peer in driver.read { $0.isLivingPeer(peer) || $0.isClient(peer) } },
      isStopped: { driver.publisher.read { $0.isStopped } }, lookUp: nil)
  }

  /// Starts a node: binds its port and looks for a seed that admits it.
  ///
  /// Returns once the node is a member, or has founded its cluster because it has no seeds but itself. Where no seed could be
  /// reached in the first round it returns as well, and goes on trying for as long as it lives: watch for `.admitted`.
  ///
  /// - Parameter eventLoop: where the node runs; by default one of the process-wide loops.
  /// - Throws: `MeshError` when the configuration cannot work, the port is taken, the name belongs to a living member, or every
  ///   seed answered that it holds another key or belongs to another cluster. Nothing is left behind then.
  public static func start(
    _ configuration: MeshConfiguration, on eventLoop: (any EventLoop)? = nil
  ) async throws(MeshError) -> Mesh {
    try await start(configuration, on: eventLoop, observer: nil)
  }

  /// The same, watched by `observer` on the node's event loop.
  package static func start(
    _ configuration: MeshConfiguration, on eventLoop: (any EventLoop)?, observer: (any DriverObserver)?
  ) async throws(MeshError) -> Mesh {
    try configuration.validate()
    let loop = eventLoop ?? MultiThreadedEventLoopGroup.singleton.next()
    let key = try ClusterKey.sealing(configuration.key)
    let holder = DriverHolder()
    let binding = try await SocketBinding.bind(
      try HostPort(configuration.bind, setting: "bind"), on: loop, holder: holder)
    do throws(MeshError) {
      return try await start(configuration, key: key, binding: binding, holder: holder, on: loop, observer: observer)
    } catch {
      try? await binding.server.close()
      try? await binding.datagrams.close()
      throw error
    }
  }

  private static func start(
    _ configuration: MeshConfiguration, key: ClusterKey, binding: SocketBinding, holder: DriverHolder,
    on loop: any EventLoop, observer: (any DriverObserver)?
  ) async throws(MeshError) -> Mesh {
    let advertised = try await advertisedEndpoint(configuration, bound: binding.endpoint, on: loop)
    let identity = LocalIdentity(
      id: .random(), name: configuration.name, endpoint: advertised, salt: Sodium.randomUInt64(),
      role: configuration.role, tags: configuration.tags, metadata: configuration.metadata)
    do { try identity.validate() } catch { throw MeshError(.invalidConfiguration, error.description) }
    var seeds: [SeedAddress] = []
    for seed in configuration.seeds { seeds.append(try HostPort(seed, setting: "seed").seed) }
    for case .endpoint(let seed) in seeds where seed.family != binding.endpoint.family {
      throw MeshError(
        .invalidConfiguration,
        "seed \"\(seed)\" and the bound address \(binding.endpoint) are of different families, so no datagram can go between them; "
          + "give the seed's address of the other family, or bind one of the seed's")
    }
    // A seed that is the bound address is this node, whatever it advertises.
    seeds = seeds.map { $0 == .endpoint(binding.endpoint) ? .endpoint(advertised) : $0 }
    var stateFile: StateFile?
    if let path = configuration.stateFile {
      stateFile = try StateFile(path: path, cluster: configuration.clusterID, name: configuration.name)
    }
    let driver = EngineDriver(
      configuration: configuration, key: key, identity: identity, eventLoop: loop, stateFile: stateFile,
      observer: observer)
    let mesh = Mesh(driver: driver, boundEndpoint: binding.endpoint)
    let result: JoinOutcome.Result
    do {
      result = try await loop.flatSubmit { [seeds] in
        holder.driver = driver
        return driver.start(binding, seeds: seeds)
      }.get()
    } catch {
      driver.abandon()
      throw MeshError(.stopped, "the node ended while it started: \(error)")
    }
    switch result {
    case .admitted: return mesh
    case .searching(let failures):
      if let error = MeshError(failures) {
        await mesh.shutdown()
        throw error
      }
      return mesh
    case .stopped(let reason):
      await mesh.shutdown()
      if case .refused(let refusal) = reason { throw MeshError(refusal, name: configuration.name) }
      throw MeshError(.stopped, "the node was stopped while it started: \(reason)")
    }
  }

  // MARK: Snapshots

  /// The living members (alive or suspect), this node included, by name.
  public var members: [Member] { driver.members(living: true) }
  /// The dead and left ones that are still remembered, by name.
  public var departed: [Member] { driver.members(living: false) }
  /// This node's own record.
  public var myself: Member { driver.read { $0.myself } }
  /// An order-independent hash of the living view: nodes with the same view have the same.
  public var fingerprint: UInt64 { driver.read { $0.fingerprint } }
  /// Whether the peers heard since the view last changed agree with it.
  public var isConverged: Bool { driver.read { $0.isConverged } }
  /// Whether this node has heard nobody for so long that it seems to be cut off: it accuses nobody meanwhile.
  public var isIsolated: Bool { driver.read { $0.isIsolated } }
  public var phase: EnginePhase { publisher.read { $0.isStopped } ? .stopped : driver.read { $0.phase } }
  /// Lifeguard's score of this node's own health: 0 is healthy.
  public var localHealthScore: Int { driver.read { $0.localHealthScore } }

  /// Every counter of engine, sealing and sockets.
  public var counters: [(name: String, value: UInt64)] {
    let published = publisher.read { published in
      [
        published.core.all, published.security.all, published.transport.all, published.messaging.all,
        published.broadcasting.all,
      ]
    }
    return published.flatMap { $0 } + [
      ("messages_unhandled", driver.gate.unhandled), ("clients", UInt64(driver.read { $0.clientCount })),
    ]
  }

  /// The living member of this name.
  public func member(named name: String) -> Member? {
    driver.read { $0.livingMember(named: name) }
  }

  /// The member with this NodeID, living or remembered. Costs a lock.
  public func member(_ id: NodeID) -> Member? { driver.read { $0.member(id) } }

  /// What happens, each iteration beginning with a snapshot.
  public var events: MeshEvents { MeshEvents(driver: driver) }

  /// How the members of this name, or whose NodeID begins with it (8 digits at least), came to their status; newest first.
  public func explain(_ name: String) async -> [Explanation] {
    let found = try? await driver.eventLoop.submit { [driver] in
      var ids: [NodeID] = []
      driver.engine.forEachMember {
        if $0.name == name || (name.utf8.count >= 8 && $0.id.description.hasPrefix(name.lowercased())) {
          ids.append($0.id)
        }
      }
      return ids.compactMap { driver.engine.explanation($0) }
    }.get()
    return (found ?? []).sorted { $0.member.seniority > $1.member.seniority }
  }

  /// Replaces this node's tags; everybody learns them by gossip. The same tags again change nothing.
  ///
  /// - Parameter tags: at most 64, of 512 bytes in all; no key is empty, and there are no control characters.
  /// - Throws: `MeshError` with code `.invalidConfiguration` for tags that no member would take, `.stopped` when the node has
  ///   stopped. Nothing has changed then.
  public func setTags(_ tags: [String: String]) async throws(MeshError) {
    do { try RecordLimits.validate(tags) } catch { throw MeshError(.invalidConfiguration, error.description) }
    try await perform(.setTags(tags))
  }

  // MARK: Metadata

  /// The newest metadata of a member that is at hand: empty when it has none; nil when it has some that has not come yet, and when the
  /// member is unknown.
  public func metadata(of id: NodeID) async -> [UInt8]? {
    try? await driver.eventLoop.submit { [driver] in driver.engine.metadata(of: id) }.get()
  }

  /// Replaces this node's metadata. Everybody learns its version by gossip and pulls the bytes, mostly from each other.
  ///
  /// - Parameter metadata: at most 65,536 bytes; the same bytes again change nothing.
  /// - Throws: `MeshError` with code `.invalidConfiguration` for more bytes, `.stopped` when the node has stopped. Nothing has changed
  ///   then.
  public func setMetadata(_ metadata: [UInt8]) async throws(MeshError) {
    do { try MetadataLimits.validate(metadata) } catch { throw MeshError(.invalidConfiguration, error.description) }
    try await perform(.setMetadata(metadata))
  }

  private func perform(_ command: Command) async throws(MeshError) {
    let isDone = try? await driver.eventLoop.submit { [driver] in
      guard driver.engine.phase != .stopped else { return false }
      driver.step { engine, now, outbox in engine.perform(command, now: now, into: &outbox) }
      return true
    }.get()
    guard isDone == true, phase != .stopped else { throw MeshError(.stopped, "the node has stopped already") }
  }

  // MARK: End

  /// Lets the messages arrive that wait to be sent, says goodbye to everybody, then ends as `shutdown()` does. Others see `.left`, never a
  /// failure.
  ///
  /// - Parameter flushLimit: how long to wait for messages; what has no outcome by then ends as `.notDelivered` or `.unknown`. Default 2 s.
  /// - Throws: `MeshError` with code `.stopped` when the node has stopped already.
  public func leave(flushingFor flushLimit: Duration = .seconds(2)) async throws(MeshError) {
    guard phase != .stopped else { throw MeshError(.stopped, "the node has stopped already") }
    await driver.gate.waitUntilEmpty(for: flushLimit)
    let events = events.makeAsyncIterator()
    driver.eventLoop.execute { [driver] in
      driver.step { engine, now, outbox in engine.perform(.leave, now: now, into: &outbox) }
    }
    await Self.waitForStop(events)
    await shutdown()
  }

  /// Ends at once, without a goodbye: to the others it looks like a crash. Calling it again does nothing more.
  public func shutdown() async {
    do { try await driver.eventLoop.flatSubmit { [driver] in driver.close(reason: .shutdown) }.get() } catch {
      driver.abandon()
    }
  }

  /// Waits until the node is out of the mesh, and tells why; nil when the waiting task was cancelled first.
  public func waitUntilStopped() async -> MeshStopReason? {
    await Self.waitForStop(events.makeAsyncIterator())
    return publisher.read { $0.stopReason }
  }

  private static func waitForStop(_ iterator: MeshEvents.Iterator) async {
    var events = iterator
    while let event = await events.next() {
      if case .stopped = event { return }
    }
  }
}

extension ClusterKey {
  /// The key to seal with, when it is certain that there is one, or that none is wanted.
  static func sealing(_ key: ClusterKey?) throws(MeshError) -> ClusterKey {
    if let key { return key }
    do { return try ClusterKey.insecure() } catch { throw MeshError(.noKey, error.message) }
  }
}

extension Mesh {
  /// Where others reach a node that listens at `bound`.
  fileprivate static func advertisedEndpoint(
    _ configuration: MeshConfiguration, bound: Endpoint, on loop: any EventLoop
  ) async throws(MeshError) -> Endpoint {
    if let advertise = configuration.advertise {
      let endpoint = try await SocketBinding.endpoint(
        of: try HostPort(advertise, setting: "advertise"), setting: "advertise", on: loop)
      return endpoint.port == 0 ? endpoint.with(port: bound.port) : endpoint
    }
    guard bound.isUnspecified else { return bound }
    let addresses = ((try? System.enumerateDevices()) ?? []).compactMap { $0.address.flatMap { Endpoint($0) } }
    let outside = addresses.first { $0.family == bound.family && !$0.isLoopback && !$0.isUnspecified }
    let loopback = bound.family == .v4 ? Endpoint(v4: 0x7F00_0001, port: 1) : Endpoint(v6High: 0, low: 1, port: 1)
    return (outside ?? loopback).with(port: bound.port)
  }
}

/// Joins sockets, which must exist before the node knows its address, to the driver, which needs that address.
/// Written once on the event loop before anything is read.
final class DriverHolder: @unchecked Sendable {
  var driver: EngineDriver?
}
