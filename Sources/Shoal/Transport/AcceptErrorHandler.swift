import NIOCore

/// Counts what keeps the server socket from accepting; the handler behind it then pauses accepting for a second.
final class AcceptErrorHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let holder: DriverHolder

  init(holder: DriverHolder) { self.holder = holder }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    holder.driver?.acceptFailed()
    context.fireErrorCaught(error)
  }
}
