import NIOCore

/// Passes datagrams between the socket and the driver. Confined to the driver's event loop.
final class DatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Longer ones are cut by the socket and then fail to authenticate.
  static let longestDatagram = 9_216
  /// So many are read by one system call. More would cost little time, and each takes a page or more of a node's memory for good.
  static let readCount = 4

  private let holder: DriverHolder

  init(holder: DriverHolder) { self.holder = holder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var envelope = unwrapInboundIn(data)
    holder.driver?.datagramReceived(&envelope.data, from: envelope.remoteAddress)
  }

  func channelReadComplete(context: ChannelHandlerContext) { holder.driver?.carryOut() }

  /// An error of one datagram, such as an ICMP answer, is not the socket's end.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { holder.driver?.datagramFailed() }
}
