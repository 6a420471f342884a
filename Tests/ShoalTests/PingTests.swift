import Shoal
import Synchronization
import Testing

@Suite("Pings", .timeLimit(.minutes(5)))
struct PingTests {
  private func pair() async throws -> (Mesh, Mesh) {
    let nodes = try await MeshHarness.cluster(2, key: try MeshHarness.key())
    #expect(await nodes[0].sees(2))
    #expect(await nodes[1].sees(2))
    return (nodes[0], nodes[1])
  }

  @Test("a member without any handler answers both ways", arguments: PingPath.allCases)
  func answers(path: PingPath) async throws {
    let (asker, answerer) = try await pair()
    for _ in 0..<20 {
      let roundTrip = try await asker.ping(answerer.myself.id, over: path, deadline: .seconds(60))
      #expect(roundTrip > .zero)
    }
    #expect(answerer.counter("messages_unhandled") == 0)
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("a member whose handlers are all busy answers")
  func busy() async throws {
    let (asker, answerer) = try await pair()
    let (gate, opener) = AsyncStream.makeStream(of: Void.self)
    let begun = Mutex(false)
    answerer.handlers.onMessage { _ in
      begun.withLock { $0 = true }
      for await _ in gate { break }
    }
    for _ in 0..<200 { try await asker.send([UInt8](repeating: 7, count: 10_000), to: answerer.myself.id) }
    #expect(await answerer.waitsFor { begun.withLock { $0 } })
    for path in PingPath.allCases {
      #expect(try await asker.ping(answerer.myself.id, over: path, deadline: .seconds(60)) > .zero)
    }
    opener.finish()
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("many at once get an answer each, or are told that they are too many")
  func many() async throws {
    let (asker, answerer) = try await pair()
    let id = answerer.myself.id
    let codes = await withTaskGroup(of: MessageError.Code?.self) { group in
      for _ in 0..<200 {
        group.addTask {
          do throws(MessageError) {
            _ = try await asker.ping(id, deadline: .seconds(60))
            return nil
          } catch { return error.code }
        }
      }
      var codes: [MessageError.Code?] = []
      for await code in group { codes.append(code) }
      return codes
    }
    #expect(codes.count == 200)
    #expect(codes.contains(nil))
    #expect(codes.allSatisfy { $0 == nil || $0 == .outboxFull })
    await MeshHarness.shutdown([asker, answerer])
  }

  @Test("nobody waits in vain: not for strangers, not for the dead, not on a node that has stopped")
  func errors() async throws {
    let (asker, answerer) = try await pair()
    let id = answerer.myself.id
    for path in PingPath.allCases {
      let stranger = await #expect(throws: MessageError.self) {
        _ = try await asker.ping(NodeID(high: 1, low: 1), over: path)
      }
      #expect(stranger?.code == .notMember)
      let itself = await #expect(throws: MessageError.self) { _ = try await asker.ping(asker.myself.id, over: path) }
      #expect(itself?.code == .notMember)
    }
    try await answerer.standStill(.process)
    let late = await #expect(throws: MessageError.self) { _ = try await asker.ping(id, deadline: .milliseconds(20)) }
    #expect(late?.code == .deadlineExceeded)
    let task = Task { try await asker.ping(id, deadline: .seconds(600)) }
    task.cancel()
    let result = await task.result
    let cancelled = #expect(throws: MessageError.self) { _ = try result.get() }
    #expect(cancelled?.code == .cancelled)
    let waiting = Task { try await asker.ping(id, deadline: .seconds(600)) }
    #expect(await asker.waitsFor { asker.readEngine { $0.footprint.pendingPings } >= 2 })
    await asker.shutdown()
    let ended = await waiting.result
    let stopped = #expect(throws: MessageError.self) { _ = try ended.get() }
    #expect(stopped?.code == .stopped)
    for path in PingPath.allCases {
      let after = await #expect(throws: MessageError.self) { _ = try await asker.ping(id, over: path) }
      #expect(after?.code == .stopped)
    }
    await answerer.shutdown()
  }
}
