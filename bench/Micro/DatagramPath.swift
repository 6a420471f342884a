import AllocationCounter
import Foundation
import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity

/// How many sealed pings one core answers over real sockets: a whole node, and beside it the bare loop that a node cannot beat by much.
package struct DatagramPath {
  /// For how long each of the two is measured at a time.
  let seconds: Double

  package init(seconds: Double) { self.seconds = seconds }

  private static let clusterID = "bench"
  /// Until so many pings are answered the parties may still prove themselves to each other, and caches fill.
  private static let warmPings = 2_000
  private static let patience = Duration.seconds(20)

  /// Pings that a whole node answers for each second of CPU time of its thread.
  package func node() throws -> Double {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    defer { try? group.syncShutdownGracefully() }
    let loop = group.next()
    let key = try ClusterKey.generate()
    let configuration = Self.configuration(key)
    let mesh = try loop.makeFutureWithTask { try await Mesh.start(configuration, on: loop) }.wait()
    defer { try? loop.makeFutureWithTask { await mesh.shutdown() }.wait() }
    let generator = try PingGenerator(
      target: mesh.myself.id, port: mesh.endpoint.port, key: key, clusterID: Self.clusterID,
      fingerprint: { mesh.fingerprint })
    defer { generator.stop() }
    return try rate(of: generator) { try loop.submit { thread_cpu_nanoseconds() }.wait() }
  }

  /// The same for a loop that only receives, opens, seals and sends.
  package func bare() throws -> Double {
    let key = try ClusterKey.generate()
    let socket = try UDPSocket()
    let id = NodeID.random()
    let generator = try PingGenerator(
      target: id, port: socket.port, key: key, clusterID: Self.clusterID, fingerprint: { 0 })
    defer { generator.stop() }
    try socket.connect(toPort: generator.port)
    let peer = Peer(id: generator.record.id, salt: generator.record.salt, isLiving: true, isNeverForgotten: true)
    let responder = BareResponder(socket: socket, id: id, key: key, clusterID: Self.clusterID, peer: peer)
    defer { responder.stop() }
    return try rate(of: generator) { responder.processorTime }
  }

  private func rate(of generator: PingGenerator, processorTime: () throws -> Int64) throws -> Double {
    let start = ContinuousClock().now
    while generator.answered < Self.warmPings {
      guard ContinuousClock().now - start < Self.patience else {
        throw StepFailure(
          sentence: "After \(Text.time(Self.patience)) only \(generator.answered) pings were answered on 127.0.0.1.")
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
    let (before, earlier) = (try processorTime(), generator.answered)
    Thread.sleep(forTimeInterval: seconds)
    let (after, later) = (try processorTime(), generator.answered)
    return Double(later - earlier) / (Double(after - before) / 1e9)
  }

  private static func configuration(_ key: ClusterKey) -> MeshConfiguration {
    var configuration = MeshConfiguration(name: "node", clusterID: clusterID, key: key, bind: "127.0.0.1:0")
    configuration.logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }
}
