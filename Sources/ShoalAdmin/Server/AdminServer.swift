import Foundation
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import Shoal
import Synchronization

/// Serves one mesh's control API over HTTP until it is shut down. The messages of raw bytes that the node gets go to whoever listens.
///
/// It begins before the mesh does, so that an agent whose control API cannot be served never joins; until `serve` whoever asks is told to
/// ask again.
///
/// ```
/// GET  /v1/members           everybody that is known
/// GET  /v1/members/{name}    one name's records, with evidence
/// GET  /v1/members/{name}/metadata   its metadata: bytes, no JSON
/// GET  /v1/self              this node, versions, counters
/// GET  /v1/coordinator       who coordinates, under which epoch
/// GET  /v1/coordinator/history       the latest reigns
/// GET  /v1/drain             how far a drain has come
/// POST /v1/drain             coordinate no more; ?timeout=30 seconds, while which open tokens keep a reign
/// POST /v1/undrain           coordinate again
/// POST /v1/abdicate          end this node's reign; answers when the next one reigns
/// POST /v1/elect             a new reign, of whoever the view names
/// POST /v1/members/{name}/evict      remove it for good
/// POST /v1/members/{name}/messages   send it the body; ?acknowledged=true waits for its receipt
/// POST /v1/members/{name}/ping       one round trip over UDP and over the channel
/// POST /v1/broadcast         send everybody the body, or publish it with ?topic=; who has it, who has not
/// POST /v1/listen            what this node receives, or with ?topic= what is published; a line each, until either side ends it
/// POST /v1/leave             say goodbye and stop
/// ```
package final class AdminServer: Sendable {
  package struct Configuration: Sendable {
    package var address: AdminAddress
    /// A file with a token of the operator's making. Nil: on loopback one is drawn and written where the command line
    /// finds it; beyond loopback nothing starts.
    package var tokenFile: String?
    /// Where drawn tokens are written; by default as `AdminTokenFile` says.
    package var tokenPath: @Sendable (_ port: UInt16) -> String
    package var logger: Logger

    package init(
      address: AdminAddress = .standard, tokenFile: String? = nil, logger: Logger,
      tokenPath: @escaping @Sendable (_ port: UInt16) -> String = { AdminTokenFile.path(port: $0) }
    ) {
      self.address = address
      self.tokenFile = tokenFile
      self.logger = logger
      self.tokenPath = tokenPath
    }
  }

  /// So many connections are served at once; further ones wait in the kernel's queue.
  static let connectionLimit = 64
  /// A connection that brings no request for so long is closed.
  static let idleTimeout = TimeAmount.seconds(30)
  /// All headers of a request together, in bytes; a longer request is refused.
  static let headerLimit = 16_384
  /// How long `shutdown` waits for answers under way before it cuts them off.
  static let shutdownGrace = Duration.seconds(2)

  /// Where it is served, with the port that the system chose if 0 was asked for.
  package let address: AdminAddress
  /// The file that this server wrote its drawn token to; nil with an operator's token.
  package let writtenTokenFile: String?

  private let token: AdminToken
  private let desk: Desk
  private let server: Server<HTTP1Channel>
  private let running: Task<Void, Never>

  /// What answers, once there is a mesh.
  private final class Desk: Sendable {
    struct Served: Sendable {
      let responder: RouterResponder<BasicRequestContext>
      let listeners: MessageListeners
    }

    let adminGuard: AdminGuard
    private let served = Mutex<Served?>(nil)

    init(adminGuard: AdminGuard) { self.adminGuard = adminGuard }

    var present: Served? { served.withLock { $0 } }

    func open(for mesh: Mesh) {
      let listeners = MessageListeners(mesh)
      let responder = AdminRoutes.router(for: mesh, listeners: listeners, guard: adminGuard).buildResponder()
      served.withLock { $0 = Served(responder: responder, listeners: listeners) }
      listeners.attach()
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
      if let present { return try await present.responder.respond(to: request, context: context) }
      return try AdminRoutes.answer(
        ErrorReport(error: "The agent is not in its cluster yet; ask again."), status: .serviceUnavailable)
    }
  }

  /// Binds, writes the token file, and serves a mesh.
  ///
  /// - Throws: as `start(_:)` does.
  package static func start(_ configuration: Configuration, for mesh: Mesh) async throws(AdminError) -> AdminServer {
    let server = try await start(configuration)
    server.serve(mesh)
    return server
  }

  /// Binds, and writes the token file; `serve` or `shutdown` must follow.
  ///
  /// - Throws: `.noToken` beyond loopback without a token file, or when a token file cannot be read or written;
  ///   `.addressUnavailable` when the address cannot be bound. Nothing is left running then.
  package static func start(_ configuration: Configuration) async throws(AdminError) -> AdminServer {
    let token = try Self.token(for: configuration)
    let desk = Desk(adminGuard: AdminGuard(isLoopback: configuration.address.isLoopback, token: token))
    var logger = configuration.logger
    logger.logLevel = max(logger.logLevel, .warning)

    let (bound, continuation) = AsyncThrowingStream<UInt16, any Error>.makeStream()
    let server = Self.makeServer(configuration, desk: desk, logger: logger) { port in continuation.yield(port) }
    let running = Task {
      do {
        try await server.run()
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    let port: UInt16
    do {
      var iterator = bound.makeAsyncIterator()
      port = try await iterator.next() ?? 0
    } catch {
      throw Self.bindFailure(error, at: configuration.address)
    }
    let address = configuration.address.with(port: port)
    do {
      let file = configuration.tokenFile == nil ? configuration.tokenPath(port) : nil
      if let file { try token.write(to: file) }
      return AdminServer(
        address: address, writtenTokenFile: file, token: token, desk: desk, server: server, running: running)
    } catch {
      running.cancel()
      await running.value
      throw error
    }
  }

  private init(
    address: AdminAddress, writtenTokenFile: String?, token: AdminToken, desk: Desk, server: Server<HTTP1Channel>,
    running: Task<Void, Never>
  ) {
    self.address = address
    self.writtenTokenFile = writtenTokenFile
    self.token = token
    self.desk = desk
    self.server = server
    self.running = running
  }

  /// From now on this mesh is told of, and asked.
  package func serve(_ mesh: Mesh) { desk.open(for: mesh) }

  /// Lets answers under way finish, within a short grace; then every socket and task of it is gone, and its token file.
  package func shutdown() async {
    desk.present?.listeners.close()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [server] in try? await server.shutdownGracefully() }
      group.addTask { try? await Task.sleep(for: Self.shutdownGrace) }
      await group.next()
      running.cancel()
      group.cancelAll()
    }
    await running.value
    removeTokenFile()
  }

  /// Leaves the file alone when another agent has taken the port and written its own.
  private func removeTokenFile() {
    guard let file = writtenTokenFile, let written = try? AdminToken.read(from: file) else { return }
    if token.matches(authorization: written.bearer) { try? FileManager.default.removeItem(atPath: file) }
  }

  private static func token(for configuration: Configuration) throws(AdminError) -> AdminToken {
    if let file = configuration.tokenFile { return try AdminToken.read(from: file) }
    guard configuration.address.isLoopback else {
      throw AdminError(
        .noToken,
        "Serving the control API on \(configuration.address), beyond this machine, needs a token: "
          + "give a file that holds one with --admin-token-file, or serve on 127.0.0.1.")
    }
    return AdminToken.random()
  }

  private static func makeServer(
    _ configuration: Configuration, desk: Desk, logger: Logger, onBound: @escaping @Sendable (UInt16) -> Void
  ) -> Server<HTTP1Channel> {
    let channel = HTTP1Channel(
      responder: { request, writer, channel in
        let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let response = try await desk.respond(to: request, context: context)
        try await writer.write(response: response.head, body: response.body)
      },
      configuration: HTTP1Channel.Configuration(
        idleTimeout: idleTimeout,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: headerLimit, maxHeaderListSize: headerLimit, maxHeaderFieldCount: 100)))
    return Server(
      childChannelSetup: channel,
      configuration: ServerConfiguration(
        address: .hostname(configuration.address.host, port: Int(configuration.address.port)),
        availableConnectionsDelegate: .maximum(connectionLimit, logger: logger)),
      onServerRunning: { onBound(UInt16(clamping: $0.localAddress?.port ?? 0)) },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: logger)
  }

  private static func bindFailure(_ error: any Error, at address: AdminAddress) -> AdminError {
    let reason =
      switch (error as? IOError)?.errnoCode {
      case EADDRINUSE: "it is in use, perhaps by another agent"
      case EADDRNOTAVAIL: "this machine has no such address"
      case EACCES: "this user may not use that port"
      default: "\(error)"
      }
    return AdminError(
      .addressUnavailable,
      "The control API cannot be served on \(address): \(reason). Choose another with --admin HOST:PORT; port 0 finds one."
    )
  }
}
