import Foundation
import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalCore
import ShoalSecurity

/// Real nodes in this process, sealed, on 127.0.0.1. The first has an event loop thread of its own, and the others share one.
///
/// Its calls wait on the thread that makes them, which must be none of the loops' or tasks' own.
final class MessageNodes {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
  private var nodes: [Mesh] = []
  var first: Mesh { nodes[0] }
  var second: Mesh { nodes[1] }

  private static let patience: UInt64 = 60_000_000_000
  private static let lookInterval = 0.005

  /// Starts so many nodes, and waits until each sees all.
  init(_ count: Int) throws {
    let key = try ClusterKey.generate()
    let loops = Array(group.makeIterator())
    for number in 0..<count {
      let configuration = Self.configuration(number, key: key, seed: nodes.first?.endpoint)
      let loop = loops[number == 0 ? 0 : 1]
      nodes.append(try wait { try await Mesh.start(configuration, on: loop) })
    }
    try wait(until: "all \(count) nodes see each other") { nodes.allSatisfy { $0.members.count == count } }
  }

  /// Ends all nodes and their threads.
  func end() {
    let nodes = nodes
    try? wait { for node in nodes { await node.shutdown() } }
    try? group.syncShutdownGracefully()
  }

  private static func configuration(_ number: Int, key: ClusterKey, seed: Endpoint?) -> MeshConfiguration {
    var configuration = MeshConfiguration(
      name: "node-\(number)", clusterID: "bench", key: key, bind: "127.0.0.1:0",
      seeds: [seed].compactMap { $0?.description })
    configuration.logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
    return configuration
  }

  /// Runs something that awaits, and waits for it.
  func wait<Value: Sendable>(_ body: @Sendable @escaping () async throws -> Value) throws -> Value {
    try begin(body).wait()
  }

  func begin<Value: Sendable>(_ body: @Sendable @escaping () async throws -> Value) -> EventLoopFuture<Value> {
    group.next().makeFutureWithTask(body)
  }

  /// Looks again and again until something holds.
  func wait(until sentence: String, _ condition: () -> Bool) throws {
    let limit = MonotonicClock.now + Self.patience
    while !condition() {
      guard MonotonicClock.now < limit else {
        throw StepFailure(sentence: "After \(Self.patience / 1_000_000_000) s it is not yet so that \(sentence).")
      }
      Thread.sleep(forTimeInterval: Self.lookInterval)
    }
  }
}

extension Mesh {
  func counter(_ name: String) -> UInt64 { counters.first { $0.name == name }?.value ?? 0 }
}
