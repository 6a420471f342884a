import Logging
import ServiceLifecycle
import Shoal
import Synchronization
import Testing

@Suite("The end of a mesh, by itself and as a service", .timeLimit(.minutes(5)))
struct ServiceTests {
  /// Tells when the group that it is in runs.
  private struct Beacon: Service {
    let started: AsyncStream<Void>.Continuation

    func run() async throws {
      started.yield()
      try await gracefulShutdown()
    }
  }

  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func pair() async throws -> (Mesh, Mesh) {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    #expect(await nodes[0].sees(2))
    #expect(await nodes[1].sees(2))
    return (nodes[0], nodes[1])
  }

  @Test("graceful shutdown of its group lets a mesh's messages arrive, and then leaves the cluster")
  func gracefully() async throws {
    let (staying, leaving) = try await pair()
    let count = Mutex(0)
    staying.handlers.onMessage { _ in count.withLock { $0 += 1 } }
    let (isStarted, started) = AsyncStream.makeStream(of: Void.self)
    let group = ServiceGroup(services: [leaving, Beacon(started: started)], logger: Self.silent)
    let running = Task { try await group.run() }
    for await _ in isStarted { break }
    for _ in 0..<50 { try await leaving.send([UInt8](repeating: 1, count: 1_000), to: staying.myself.id) }
    await group.triggerGracefulShutdown()
    try await running.value
    #expect(leaving.phase == .stopped)
    #expect(await staying.sees(leaving.myself.id, as: .left))
    #expect(await staying.waitsFor { count.withLock { $0 } == 50 })
    await staying.shutdown()
  }

  @Test("a service that is cancelled ends its mesh without a goodbye")
  func cancelled() async throws {
    let (staying, ending) = try await pair()
    let running = Task { try await ending.run() }
    running.cancel()
    try await running.value
    #expect(ending.phase == .stopped)
    #expect(await staying.sees(ending.myself.id, as: .dead))
    await staying.shutdown()
  }

  @Test("a mesh that is out already has nothing to run")
  func stopped() async throws {
    let (first, second) = try await pair()
    await first.shutdown()
    try await first.run()
    await second.shutdown()
  }

  @Test("whoever leaves waits for its messages, but no longer than it wants to")
  func limit() async throws {
    let (silent, leaving) = try await pair()
    let id = silent.myself.id
    try await silent.standStill(.process)
    let waiting = Task { try await leaving.send([1], to: id, options: .acknowledged) }
    #expect(await leaving.counts("messages_accepted", atLeast: 1))
    try await leaving.leave(flushingFor: .milliseconds(100))
    #expect(leaving.phase == .stopped)
    let result = await waiting.result
    let error = #expect(throws: MessageError.self) { try result.get() }
    #expect(error.map { [.notDelivered, .unknown, .stopped].contains($0.code) } == true)
    await silent.shutdown()
  }
}
