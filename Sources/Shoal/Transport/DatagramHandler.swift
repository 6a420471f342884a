import NIOCore

/// Passes datagrams between the socket and the driver. Confined to the driver's event loop.
final class DatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Longer ones are cut by the socket and then fail to authenticate.
  static let longestDatagram = 4_096
  /// So many are read by one system call. More would save little time, and each takes a page or more of a node's memory for good.
  static let readCount = 2

  /// A socket that holds more is read so often before others have their turn.
  static let mostReads: UInt = 16

  private let holder: DriverHolder
  private var received = 0
  private var reads: UInt = 1

  init(holder: DriverHolder) { self.holder = holder }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += 1
    var envelope = unwrapInboundIn(data)
    holder.driver?.datagramReceived(&envelope.data, from: envelope.remoteAddress)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    holder.driver?.carryOut()
    adaptReads(context.channel)
    received = 0
  }

  /// One read is enough for a quiet node, and a second one would mostly find nothing; a busy one has more to read at a time.
  private func adaptReads(_ channel: any Channel) {
    let wanted: UInt
    if received >= Int(reads) * Self.readCount {
      wanted = min(Self.mostReads, reads * 2)
    } else if received < Self.readCount {
      wanted = 1
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
