import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity

/// Somebody who holds the key and says that it is a certain member: a bare connection for messages that sends what it is told.
final class RoguePeer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var stream: SecureStream
  private let hello: [UInt8]
  /// What it sends once its hello was answered.
  private let frame: [UInt8]

  private init(stream: consuming SecureStream, hello: [UInt8], frame: [UInt8]) {
    self.stream = stream
    self.hello = hello
    self.frame = frame
  }

  private static func hello(connection: UInt64) -> [UInt8] {
    let position = ChannelHello.Position(expected: 0, window: 1 << 20)
    var hello: [UInt8] = []
    ChannelHello(
      isAnswer: false, generation: 0, connection: connection, messages: position, bulk: position, replies: position,
      broadcasts: position
    ).write(to: &hello)
    return hello
  }

  /// Connects to a node, sends one frame, and waits until the node has closed.
  ///
  /// - Parameters:
  ///   - identity: whom it says that it is.
  ///   - connection: how many connections the two have had.
  static func connect(
    to node: Mesh, as identity: NodeID, key: ClusterKey, connection: UInt64, sending frame: [UInt8]
  ) async throws {
    try await connect(to: node, as: identity, key: key, opening: hello(connection: connection), sending: frame)
  }

  /// The same, with something else as its first frame.
  static func connect(
    to node: Mesh, as identity: NodeID, key: ClusterKey, opening hello: [UInt8], sending frame: [UInt8]
  ) async throws {
    let target = node.myself
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let stream = SecureStream(initiator: identity, expecting: target.id, key: key, clusterID: "test")
          try channel.pipeline.syncOperations.addHandler(
            RoguePeer(stream: stream, hello: hello, frame: frame))
        }
      }
      .connect(host: target.endpoint.host, port: Int(target.endpoint.port)).get()
    try await channel.closeFuture.get()
  }

  func channelActive(context: ChannelHandlerContext) {
    var output: [UInt8] = []
    stream.start(into: &output)
    send(output, context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    let (hello, frame) = (hello, frame)
    var output: [UInt8] = []
    var events: [SecureStream.StreamEvent] = []
    stream.receive(buffer.readableBytesSpan, output: &output, events: &events)
    for event in events {
      switch event {
      case .opened: _ = stream.write(hello.rawSpan, into: &output)
      case .frame: _ = stream.write(frame.rawSpan, into: &output)
      case .failed: context.close(promise: nil)
      }
    }
    send(output, context)
  }

  private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
    if !bytes.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil) }
  }
}
