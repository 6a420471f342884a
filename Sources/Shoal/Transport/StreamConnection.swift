import NIOCore
import ShoalCore
import ShoalSecurity

/// One TCP connection: a `SecureStream` between the socket and the driver. Confined to the driver's event loop.
final class StreamConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  let id: StreamID
  let isInbound: Bool
  /// Whom it was dialled to; nil for those who came.
  let remote: Endpoint?
  private(set) var isAuthenticated = false
  /// Whether it is the messenger's, and the engine has nothing more to do with it.
  var isChannel = false
  private let driver: any StreamDriver
  private var stream: SecureStream
  private var channel: (any Channel)?
  private var deadline: Scheduled<Void>?
  /// Set once the driver is not to hear of this connection any more.
  private var isDone = false
  /// How often the handshake was given more time, since this process was late.
  private var excuses = 0
  /// It was connected while the node stood still.
  private var startsLate = false

  /// How long a connection may take to authenticate itself, and to take what is written before a close.
  static let patience = TimeAmount.seconds(3)
  /// A handshake is given more time so often, each time no longer than `patience`.
  private static let excuseLimit = 4
  private static let tolerance = TimeAmount.nanoseconds(Int64(StallGuard.tolerance))

  init(
    id: StreamID, isInbound: Bool, remote: Endpoint?, stream: consuming SecureStream, driver: any StreamDriver
  ) {
    self.id = id
    self.isInbound = isInbound
    self.remote = remote
    self.stream = stream
    self.driver = driver
  }

  func handlerAdded(context: ChannelHandlerContext) {
    channel = context.channel
    armDeadline()
  }

  private func armDeadline(_ patience: TimeAmount = StreamConnection.patience) {
    let due = NIODeadline.now() + patience
    deadline = driver.eventLoop.assumeIsolated().scheduleTask(deadline: due) { [self] in
      guard !isAuthenticated else { return }
      let lateness = NIODeadline.now() - due
      guard lateness <= Self.tolerance || excuses == Self.excuseLimit else {
        // We are late ourselves: what the other side has sent may wait in the socket.
        excuses += 1
        armDeadline(min(lateness, Self.patience))
        return
      }
      driver.handshakeTimedOut()
      end(.timedOut)
      channel?.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
    channel = nil
    driver.streamGone(self)
  }

  func channelActive(context: ChannelHandlerContext) {
    guard !isInbound else {
      driver.streamArrived(id, from: context.remoteAddress)
      return
    }
    guard !driver.isStandingStill else {
      startsLate = true
      return
    }
    start()
  }

  private func start() {
    var output: [UInt8] = []
    stream.start(into: &output)
    send(output)
    driver.streamConnected(id)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    let buffer = unwrapInboundIn(data)
    stream.append(buffer.readableBytesSpan)
    var output: [UInt8] = []
    while !isDone, let arrival = stream.next(output: &output) {
      if !output.isEmpty { send(output) }
      output.removeAll()
      handle(arrival)
    }
    if !output.isEmpty { send(output) }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if isChannel, !isDone { driver.messages.flush() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if isChannel, !isDone { driver.messages.writabilityChanged(self) }
  }

  func channelInactive(context: ChannelHandlerContext) { end(.closedByPeer) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(.reset)
    context.close(promise: nil)
  }

  /// Seals one frame and sends it.
  func write(_ frame: RawSpan) {
    writeWithoutFlush(frame)
    flush()
  }

  /// Whether the socket takes more without keeping it in memory.
  var isWritable: Bool { channel?.isWritable ?? false }

  /// Seals one frame; `flush` sends it.
  func writeWithoutFlush(_ frame: RawSpan) {
    guard let channel else { return }
    let size = frame.byteCount + SecureStream.overhead
    var buffer = channel.allocator.buffer(capacity: size)
    let count = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
      unsafe stream.write(frame, into: bytes)
    }
    guard count > 0 else { return }
    driver.streamWritten(byteCount: count)
    channel.write(buffer, promise: nil)
  }

  func flush() { channel?.flush() }

  /// Done when the socket is gone; nil when it is already.
  var closeFuture: EventLoopFuture<Void>? { channel?.closeFuture }

  /// Closes once everything written has left, or patience is over. The driver hears nothing more.
  func closeAfterWrites() {
    isDone = true
    finish()
  }

  /// Closes at once; the driver hears nothing more.
  func abort() {
    isDone = true
    channel?.close(promise: nil)
  }

  /// Ends as when the network between the two has failed.
  func cut() {
    end(.timedOut)
    channel?.close(promise: nil)
  }

  /// Reads, sends and expects nothing until `release()`.
  func hold() {
    deadline?.cancel()
    try? channel?.syncOptions?.setOption(.autoRead, value: false)
  }

  func release() {
    if !isAuthenticated { armDeadline() }
    if startsLate {
      startsLate = false
      start()
    }
    try? channel?.syncOptions?.setOption(.autoRead, value: true)
  }

  private func finish() {
    guard let channel else {
      driver.streamGone(self)
      return
    }
    let timeout = driver.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    channel.writeAndFlush(ByteBuffer()).whenComplete { _ in
      timeout.cancel()
      channel.close(promise: nil)
    }
  }

  private func handle(_ arrival: SecureStream.Arrival) {
    switch arrival {
    case .opened(let peer):
      isAuthenticated = true
      deadline?.cancel()
      driver.streamOpened(self, peer: peer)
    case .frame:
      if isChannel {
        // The messenger only takes notes: nothing is written on this stream meanwhile.
        stream.withFrame { driver.messages.received($0, on: id) }
      } else {
        driver.streamReceived(
          id, frame: stream.withFrame { frame in unsafe frame.withUnsafeBytes { unsafe Array($0) } })
      }
    case .failed(let failure):
      if !isAuthenticated { driver.handshakeFailed() }
      end(failure)
      finish()
    }
  }

  private func end(_ failure: StreamFailure) {
    guard !isDone else { return }
    isDone = true
    driver.streamEnded(id, failure: failure)
  }

  private func send(_ bytes: [UInt8]) {
    driver.streamWritten(byteCount: bytes.count)
    channel?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
  }
}
