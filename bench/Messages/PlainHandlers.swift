import NIOCore

/// Hands over what comes.
final class PlainReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var framing = PlainFraming()
  private let each: ([UInt8]) -> Void

  init(each: @escaping ([UInt8]) -> Void) { self.each = each }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { framing.take(unwrapInboundIn(data), each: each) }
}

/// Writes the same message as fast as the connection takes it.
final class PlainFlood: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let message: [UInt8]
  private let flag: StopFlag
  /// So often it writes before others have their turn, as Shoal does.
  private static let roundLimit = 4

  init(_ message: [UInt8], until flag: StopFlag) {
    self.message = message
    self.flag = flag
  }

  func channelActive(context: ChannelHandlerContext) { pour(context) }

  func channelWritabilityChanged(context: ChannelHandlerContext) { pour(context) }

  private func pour(_ context: ChannelHandlerContext) {
    var rounds = 0
    while !flag.isSet, context.channel.isWritable, rounds < Self.roundLimit {
      for _ in 0..<PlainFraming.framesPerFlush {
        var frame = context.channel.allocator.buffer(capacity: PlainFraming.capacity(for: message))
        PlainFraming.fill(&frame, with: message)
        context.write(wrapOutboundOut(frame), promise: nil)
      }
      context.flush()
      rounds += 1
    }
    guard !flag.isSet, context.channel.isActive, context.channel.isWritable else { return }
    context.eventLoop.assumeIsolated().execute { self.pour(context) }
  }
}

/// Answers each message, with the same or with an empty one.
final class PlainEcho: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var framing = PlainFraming()
  private let isWhole: Bool

  init(whole isWhole: Bool) { self.isWhole = isWhole }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var answers = context.channel.allocator.buffer(capacity: 256)
    framing.take(unwrapInboundIn(data)) { PlainFraming.write(isWhole ? $0 : [], to: &answers) }
    context.write(wrapOutboundOut(answers), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
}

/// Always has so many messages under way, and tells how long each took to come back.
final class PlainAsker: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let message: [UInt8]
  private let inFlight: Int
  private let span: MeasuredSpan
  private let promise: EventLoopPromise<[Double]>
  private var framing = PlainFraming()
  /// When each was sent: they come back in order.
  private var starts: [UInt64] = []
  private var answered = 0
  private var times: [Double] = []

  init(_ message: [UInt8], inFlight: Int, span: MeasuredSpan, times promise: EventLoopPromise<[Double]>) {
    self.message = message
    self.inFlight = inFlight
    self.span = span
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    for _ in 0..<inFlight { ask(context, at: MonotonicClock.now) }
    context.flush()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    framing.take(unwrapInboundIn(data)) { _ in
      let now = MonotonicClock.now
      let start = starts[answered]
      answered += 1
      if start >= span.begin { times.append(Double(now - start) / 1e9) }
      if now < span.end { ask(context, at: now) }
    }
    if answered == starts.count { promise.succeed(times) }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { promise.fail(error) }

  private func ask(_ context: ChannelHandlerContext, at now: UInt64) {
    var buffer = context.channel.allocator.buffer(capacity: message.count + 4)
    PlainFraming.write(message, to: &buffer)
    starts.append(now)
    context.write(wrapOutboundOut(buffer), promise: nil)
  }
}

/// Writes to all of its connections, waits for all answers, and begins again. Confined to one event loop.
final class PlainHub: @unchecked Sendable {
  private let message: [UInt8]
  private let count: Int
  private let promise: EventLoopPromise<[Double]>
  private var spokes: [any Channel] = []
  private var awaited = 0
  private var start: UInt64 = 0
  private var times: [Double] = []

  init(_ message: [UInt8], count: Int, times promise: EventLoopPromise<[Double]>) {
    self.message = message
    self.count = count
    self.promise = promise
  }

  func begin(_ spokes: [any Channel]) {
    self.spokes = spokes
    broadcast()
  }

  func answered() {
    awaited -= 1
    guard awaited == 0 else { return }
    times.append(Double(MonotonicClock.now - start) / 1e9)
    // The first one warms.
    if times.count > count { promise.succeed(Array(times.dropFirst())) } else { broadcast() }
  }

  private func broadcast() {
    start = MonotonicClock.now
    awaited = spokes.count
    for spoke in spokes {
      var buffer = spoke.allocator.buffer(capacity: message.count + 4)
      PlainFraming.write(message, to: &buffer)
      spoke.writeAndFlush(buffer, promise: nil)
    }
  }
}

/// One of a hub's connections.
final class PlainSpoke: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private var framing = PlainFraming()
  private let hub: PlainHub

  init(_ hub: PlainHub) { self.hub = hub }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    framing.take(unwrapInboundIn(data)) { _ in hub.answered() }
  }
}
