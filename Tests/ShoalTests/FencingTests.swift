import Foundation
import Shoal
import ShoalCore
import Synchronization
import Testing

@Suite("Acting as coordinator, on sockets", .timeLimit(.minutes(5)))
struct FencingTests {
  private static func folder() throws -> String {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url.path
  }

  /// - Parameter lease: short where it is lost, and longer than any machine stands still where it is not.
  private static func voting(lease: Duration) -> (inout MeshConfiguration) -> Void {
    { configuration in
      configuration.core.coordination.quorum = .voters(["node-0", "node-1", "node-2"])
      configuration.core.coordination.leaseTime = lease
    }
  }

  @Test("with a quorum only the coordinator has tokens, and each is above the one before")
  func tokens() async throws {
    let nodes = try await MeshHarness.cluster(3, key: try MeshHarness.key(), adjust: Self.voting(lease: .seconds(30)))
    #expect(await nodes[0].waits { $0.isCoordinator })
    let first = try nodes[0].fencingToken()
    let second = try nodes[0].fencingToken()
    #expect(first < second)
    #expect(first.epoch == nodes[0].coordinator?.epoch)
    #expect(await nodes[1].waits { $0.coordinator?.epoch == first.epoch })
    let error = #expect(throws: MeshError.self) { try nodes[1].fencingToken() }
    #expect(error?.code == .notCoordinating)
    let lease = try #require(nodes[0].lease)
    #expect(lease.seats == 3 && lease.granted >= 2)
    await MeshHarness.shutdown(nodes)
    #expect(throws: MeshError.self) { try nodes[0].fencingToken() }
  }

  @Test("a coordinator that loses the majority of the seats has no tokens, without being told")
  func minority() async throws {
    let nodes = try await MeshHarness.cluster(
      3, key: try MeshHarness.key(), adjust: Self.voting(lease: .milliseconds(500)))
    #expect(await nodes[0].waits { $0.isCoordinator })
    await nodes[1].shutdown()
    await nodes[2].shutdown()
    #expect(await nodes[0].waits { !$0.isCoordinator && $0.coordinator == nil })
    #expect(
      await nodes[0].waitsFor { nodes[0].coordinationState == .noQuorum || nodes[0].coordinationState == .confirming })
    #expect(nodes[0].reignHistory.last?.end != nil)
    await nodes[0].shutdown()
  }

  @Test("work runs while its node coordinates, and is cancelled when the reign ends")
  func work() async throws {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    let ran = Runs()
    let tasks = nodes.map { node in
      Task {
        let name = node.myself.name
        try await node.whileCoordinating { token in
          #expect(token.counter >= 1)
          ran.begin(name)
          // Until the reign ends.
          let (endless, _) = AsyncStream.makeStream(of: Never.self)
          for await _ in endless {}
          #expect(Task.isCancelled)
          ran.end(name)
        }
      }
    }
    #expect(await nodes[0].waitsFor { ran.begun("node-0") == 1 })
    #expect(ran.begun("node-1") == 0)
    await nodes[0].shutdown()
    #expect(await nodes[1].waitsFor { ran.begun("node-1") == 1 })
    #expect(await nodes[1].waitsFor { ran.ended("node-0") == 1 })
    // It returns when its node has stopped.
    try await tasks[0].value
    tasks[1].cancel()
    await #expect(throws: CancellationError.self) { try await tasks[1].value }
    await nodes[1].shutdown()
  }

  @Test("what a body throws is thrown while its reign lasts")
  func failure() async throws {
    struct Failure: Error {}
    let nodes = try await MeshHarness.cluster(1, key: try MeshHarness.key())
    await #expect(throws: Failure.self) { try await nodes[0].whileCoordinating { _ in throw Failure() } }
    await MeshHarness.shutdown(nodes)
  }

  @Test("a body that ends since it has no tokens any more runs again in the next reign of its node")
  func outOfTokens() async throws {
    let nodes = try await MeshHarness.cluster(
      3, key: try MeshHarness.key(), adjust: Self.voting(lease: .milliseconds(500)))
    let ran = Runs()
    let (gate, opening) = AsyncStream.makeStream(of: Never.self)
    let task = Task {
      try await nodes[0].whileCoordinating { _ in
        ran.begin("node-0")
        defer { ran.end("node-0") }
        for await _ in gate {}
        _ = try nodes[0].fencingToken()
      }
    }
    #expect(await nodes[0].waitsFor { ran.begun("node-0") >= 1 })
    try await nodes[0].standStill(.process)
    let begun = ran.begun("node-0")
    #expect(await nodes[1].waits { $0.isCoordinator })
    // While its node stands still the body is the first to see it.
    opening.finish()
    #expect(await nodes[1].waitsFor { ran.ended("node-0") >= 1 })
    try await nodes[0].goOn()
    #expect(await nodes[0].waitsFor { ran.begun("node-0") > begun })
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    await MeshHarness.shutdown(nodes)
  }

  @Test("epochs and history survive a restart in the state file, which one process has at a time")
  func stateFile() async throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var configuration = MeshHarness.configuration("a", key: try MeshHarness.key())
    configuration.stateFile = folder + "/a.state"
    let first = try await Mesh.start(configuration)
    #expect(await first.waits { $0.isCoordinator })
    let epoch = try #require(first.coordinator?.epoch)
    let twice = await #expect(throws: MeshError.self) { try await Mesh.start(configuration) }
    #expect(twice?.message.contains("in use") == true)
    try await first.leave()

    let second = try await Mesh.start(configuration)
    #expect(await second.waits { $0.isCoordinator })
    #expect(try #require(second.coordinator?.epoch) > epoch)
    #expect(second.reignHistory.map(\.reign.epoch).first == epoch)
    #expect(second.reignHistory.first?.end != nil)
    await second.shutdown()

    // Of somebody else, damaged, out of reach: each with its own sentence, and nothing is overwritten.
    var other = configuration
    other.name = "b"
    let foreign = await #expect(throws: MeshError.self) { try await Mesh.start(other) }
    #expect(foreign?.message.contains("belongs to \"a\"") == true)
    try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/a.state"))
    let damaged = await #expect(throws: MeshError.self) { try await Mesh.start(configuration) }
    #expect(damaged?.message.contains("damaged") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/a.state")) == Data("{".utf8))
    configuration.stateFile = folder + "/none/a.state"
    let lost = await #expect(throws: MeshError.self) { try await Mesh.start(configuration) }
    #expect(lost?.message.contains("folder") == true)
  }
}

/// How often work has begun and ended on each node.
private final class Runs: Sendable {
  private let counts = Mutex<[String: (begun: Int, ended: Int)]>([:])

  func begin(_ name: String) { counts.withLock { $0[name, default: (0, 0)].begun += 1 } }
  func end(_ name: String) { counts.withLock { $0[name, default: (0, 0)].ended += 1 } }
  func begun(_ name: String) -> Int { counts.withLock { $0[name]?.begun ?? 0 } }
  func ended(_ name: String) -> Int { counts.withLock { $0[name]?.ended ?? 0 } }
}
