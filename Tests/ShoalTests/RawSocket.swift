import NIOCore
import NIOPosix
import Shoal
import Synchronization

/// A bare UDP socket, and bare TCP connections: what somebody without a key has.
struct RawSocket {
  private let channel: any Channel

  init() async throws {
    channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
  }

  func send(_ bytes: [UInt8], to endpoint: Endpoint) async throws {
    let address = try SocketAddress(ipAddress: endpoint.host, port: Int(endpoint.port))
    try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
  }

  func close() async { try? await channel.close() }

  /// Connects, sends, and waits until the other side has closed.
  static func connect(to endpoint: Endpoint, sending bytes: [UInt8]) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: endpoint.host, port: Int(endpoint.port)).get()
    if !bytes.isEmpty { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
    try await channel.closeFuture.get()
  }

  /// Connects, sends one byte after the other, each after a while, and waits until the other side has closed. Returns how many it could
  /// send.
  static func dribble(_ bytes: [UInt8], to endpoint: Endpoint) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: endpoint.host, port: Int(endpoint.port)).get()
    for byte in bytes where channel.isActive {
      do { try await channel.writeAndFlush(ByteBuffer(bytes: [byte])) } catch { break }
      try await channel.eventLoop.scheduleTask(in: .milliseconds(100)) {}.futureResult.get()
    }
    try await channel.closeFuture.get()
  }

  /// Connects so often at once, and says nothing.
  static func connect(_ count: Int, to endpoint: Endpoint) async throws -> [any Channel] {
    let connecting = (0..<count).map { _ in
      ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: endpoint.host, port: Int(endpoint.port))
    }
    var channels: [any Channel] = []
    for future in connecting { channels.append(try await future.get()) }
    return channels
  }
}

/// Stands in front of a node's UDP port: records what comes, and passes it on.
final class RecordingRelay: Sendable {
  private struct State {
    var recorded: [[UInt8]] = []
    var target: Endpoint?
  }

  let endpoint: Endpoint
  private let channel: any Channel
  private let state: SharedState

  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    let state: SharedState
    init(state: SharedState) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let datagram = unwrapInboundIn(data).data
      let target = state.value.withLock { state in
        // What comes before there is anybody to forward it to is lost: sent later it would be no replay.
        if state.target != nil { state.recorded.append(Array(datagram.readableBytesView)) }
        return state.target
      }
      guard let target, let address = try? SocketAddress(ipAddress: target.host, port: Int(target.port)) else { return }
      context.channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: datagram), promise: nil)
    }
  }

  init() async throws {
    let state = SharedState()
    channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Handler(state: state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.state = state
    endpoint = Endpoint(v4: 0x7F00_0001, port: UInt16(channel.localAddress?.port ?? 0))
  }

  var recorded: [[UInt8]] { state.value.withLock { $0.recorded } }

  func forward(to target: Endpoint) { state.value.withLock { $0.target = target } }

  /// Sends a recorded datagram again, wherever it is wanted.
  func inject(_ datagram: [UInt8], to target: Endpoint) {
    guard let address = try? SocketAddress(ipAddress: target.host, port: Int(target.port)) else { return }
    channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: datagram)), promise: nil)
  }

  func close() async { try? await channel.close() }
}
