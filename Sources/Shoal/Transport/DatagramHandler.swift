import NIOCore

/// Passes datagrams between the socket and the driver. Confined to the driver's event loop.
final class DatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Longer ones are cut by the socket and then fail to authenticate.
  static let longestDatagram = 4_096
  /// Each read takes one datagram, all into the same memory: room for several at a time would save little, and stay with the node for good.
  /// From the second one on it shows whether there are more.
  static let fewestReads: UInt = 2
  /// A socket that holds more is read so often before others have their turn.
  static let mostReads: UInt = 32

  private let holder: DriverHolder
  private var received = 0
  private var reads = DatagramHandler.fewestReads

  init(holder: DriverHolder) { self.holder = holder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += 1
    let envelope = unwrapInboundIn(data)
    holder.driver?.datagramReceived(envelope.data, from: envelope.remoteAddress)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    holder.driver?.carryOut()
    adaptReads(context.channel)
    received = 0
  }

  /// A busy node has more to read at a time; a quiet one mostly finds nothing at its second read.
  private func adaptReads(_ channel: any Channel) {
    let wanted: UInt
    if received >= Int(reads) {
      wanted = min(Self.mostReads, reads * 2)
    } else if received < Self.fewestReads {
      wanted = Self.fewestReads
    } else {
      return
    }
    guard wanted != reads else { return }
    reads = wanted
    try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: reads)
  }

  /// An error of one datagram, such as an ICMP answer, is not the socket's end.
  func errorCaught(context: ChannelHandlerContext, error: any Error) { holder.driver?.datagramFailed() }
}
