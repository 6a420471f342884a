import Foundation
import NIOCore
import NIOPosix

/// The same exchanges with nothing but SwiftNIO: TCP on 127.0.0.1, neither sealed nor acknowledged nor sent again. Each side has an
/// event loop thread of its own, and all that it does happens there.
///
/// Its calls wait on the thread that makes them.
final class PlainExchange {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
  private let loops: [any EventLoop]

  init() { loops = Array(group.makeIterator()) }

  func end() { try? group.syncShutdownGracefully() }

  /// One side writes messages as fast as they are taken, as many in a frame and a flush as Shoal does.
  func oneWay(bytes: Int, seconds: Double) throws -> Throughput {
    let (tally, flag) = (Tally(), StopFlag())
    let payload = [UInt8](repeating: 7, count: bytes)
    let server = try listen { PlainReader { _ in tally.add() } }
    let client = try connect(to: server) { PlainFlood(payload, until: flag) }
    let throughput = Throughput(of: tally, seconds: seconds)
    flag.set()
    try close([client, server])
    return throughput
  }

  /// One side echoes, and the other always has so many messages under way. Seconds that each round trip took.
  func requests(inFlight: Int, bytes: Int, seconds: Double) throws -> [Double] {
    let payload = [UInt8](repeating: 7, count: bytes)
    let span = MeasuredSpan(seconds: seconds)
    let times = loops[0].makePromise(of: [Double].self)
    let server = try listen { PlainEcho(whole: true) }
    let client = try connect(to: server) { PlainAsker(payload, inFlight: inFlight, span: span, times: times) }
    let result = try times.futureResult.wait()
    try close([client, server])
    return result
  }

  /// One side writes a message to each of so many connections and waits until each was answered, one time after the other. Seconds.
  func broadcasts(_ count: Int, peers: Int, bytes: Int) throws -> [Double] {
    let server = try listen { PlainEcho(whole: false) }
    let times = loops[0].makePromise(of: [Double].self)
    let hub = PlainHub([UInt8](repeating: 7, count: bytes), count: count, times: times)
    var clients: [any Channel] = []
    for _ in 0..<peers { clients.append(try connect(to: server) { PlainSpoke(hub) }) }
    let spokes = clients
    loops[0].execute { hub.begin(spokes) }
    let result = try times.futureResult.wait()
    try close(clients + [server])
    return result
  }

  private func listen(_ handler: @Sendable @escaping () -> any ChannelHandler) throws -> any Channel {
    try ServerBootstrap(group: loops[1])
      .serverChannelOption(.backlog, value: 128)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
      }
      .bind(host: "127.0.0.1", port: 0).wait()
  }

  private func connect(
    to server: any Channel, _ handler: @Sendable @escaping () -> any ChannelHandler
  ) throws -> any Channel {
    guard let address = server.localAddress else { throw StepFailure(sentence: "A listening socket has no address.") }
    return try ClientBootstrap(group: loops[0])
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
      }
      .connect(to: address).wait()
  }

  private func close(_ channels: [any Channel]) throws {
    for channel in channels {
      // It may have ended with the other side.
      channel.close(promise: nil)
      try channel.closeFuture.wait()
    }
  }
}
