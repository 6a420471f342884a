import NIOCore
import NIOPosix
import ShoalCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two sockets of a node, on one port number. Nothing is read before `startReading`.
struct SocketBinding: Sendable {
  let server: any Channel
  let datagrams: any Channel
  let endpoint: Endpoint

  /// How often another port is tried when port 0 was asked for and UDP has taken the number that TCP was given.
  static let attempts = 32
  /// So many connections may wait to be accepted.
  static let backlog: CInt = 512

  /// Binds TCP, then UDP on the same number.
  static func bind(
    _ address: HostPort, on eventLoop: any EventLoop, holder: DriverHolder
  ) async throws(MeshError) -> SocketBinding {
    let host = try await endpoint(of: address, setting: "bind", on: eventLoop)
    for attempt in 1...attempts {
      let server = try await bindServer(host, on: eventLoop, holder: holder)
      guard let bound = server.localAddress.flatMap({ Endpoint($0) }) else {
        throw MeshError(.addressUnavailable, "cannot tell which port \(host) was given")
      }
      do {
        let datagrams = try await bindDatagrams(bound, on: eventLoop, holder: holder)
        return SocketBinding(server: server, datagrams: datagrams, endpoint: bound)
      } catch {
        try? await server.close()
        // Only a port that nobody asked for may be exchanged for another.
        if address.port != 0 || attempt == attempts { throw describe(error, endpoint: bound, transport: "UDP") }
      }
    }
    throw MeshError(.portInUse, "no port of \(address.host) is free for both TCP and UDP")
  }

  /// The first address of a host, as it is written in a setting.
  static func endpoint(
    of address: HostPort, setting: String, on eventLoop: any EventLoop
  ) async throws(MeshError) -> Endpoint {
    if let endpoint = address.endpoint { return endpoint }
    let found = try? await HostResolver.resolve(address.host, port: address.port, on: eventLoop).get()
    guard let first = found?.first else {
      throw MeshError(.addressUnavailable, "\(setting): the name \"\(address.host)\" does not resolve")
    }
    return first
  }

  func startReading() {
    server.setOption(.autoRead, value: true).whenFailure { _ in }
    datagrams.setOption(.autoRead, value: true).whenFailure { _ in }
  }

  private static func bindServer(
    _ endpoint: Endpoint, on eventLoop: any EventLoop, holder: DriverHolder
  ) async throws(MeshError) -> any Channel {
    do {
      return try await ServerBootstrap(group: eventLoop)
        .serverChannelOption(.backlog, value: backlog)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .serverChannelOption(.autoRead, value: false)
        .serverChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers([
              AcceptErrorHandler(holder: holder), AcceptBackoffHandler(),
            ])
          }
        }
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
          if let driver = holder.driver { driver.accept(channel) } else { channel.close(promise: nil) }
          return channel.eventLoop.makeSucceededVoidFuture()
        }
        .bind(to: endpoint.socketAddress).get()
    } catch { throw describe(error, endpoint: endpoint, transport: "TCP") }
  }

  private static func bindDatagrams(
    _ endpoint: Endpoint, on eventLoop: any EventLoop, holder: DriverHolder
  ) async throws -> any Channel {
    return try await DatagramBootstrap(group: eventLoop)
      .channelOption(.autoRead, value: false)
      // `DatagramHandler` raises it for a busy node.
      .channelOption(.maxMessagesPerRead, value: DatagramHandler.fewestReads)
      .channelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramHandler.longestDatagram)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(DatagramHandler(holder: holder))
        }
      }
      .bind(to: endpoint.socketAddress).get()
  }

  private static func describe(_ error: any Error, endpoint: Endpoint, transport: String) -> MeshError {
    if let error = error as? MeshError { return error }
    guard let code = (error as? IOError)?.errnoCode else {
      return MeshError(.addressUnavailable, "cannot bind \(endpoint): \(error)")
    }
    switch code {
    case EADDRINUSE:
      return MeshError(
        .portInUse,
        "\(transport) port \(endpoint.port) of \(endpoint.host) is in use; stop the other process or bind another")
    case EADDRNOTAVAIL:
      return MeshError(
        .addressUnavailable, "\(endpoint.host) is not an address of this machine; bind one that is, or 0.0.0.0")
    case EACCES:
      return MeshError(.addressUnavailable, "port \(endpoint.port) needs rights that this process does not have")
    default: return MeshError(.addressUnavailable, "cannot bind \(endpoint): \(error)")
    }
  }
}
