import ShoalCore
import Testing

@Suite("Client") struct ClientEngineTests {
  private let first = LoneClient.record(1)
  private let second = LoneClient.record(2)
  private let third = LoneClient.record(3)

  /// A client whose home is the first of three members.
  private func connected() -> LoneClient {
    var client = LoneClient(seeds: [1])
    client.admit(at: 1, as: first.id)
    client.answer([[first, second, third]])
    client.clear()
    return client
  }

  @Test("all seeds are dialled at once; the first that lets the client in is home, and the others are dropped")
  func search() {
    var client = LoneClient(seeds: [1, 2, 3])
    #expect(client.dials.map(\.port) == [1, 2, 3])
    #expect(client.dials.allSatisfy { $0.expected == .unknown })
    let (one, two) = (client.dials[0].id, client.dials[1].id)
    client.open(one, as: first.id)
    client.open(two, as: second.id)
    #expect(client.written[two] == [WireSamples.bytes(of: .client(.current))])
    client.deliver(WireSamples.bytes(of: .admitted(version: 1)), on: two)
    #expect(client.engine.home == second.id)
    #expect(client.handovers == [.opened(two, second.id)])
    #expect(Set(client.closed) == [one, client.dials[2].id])
    #expect(client.engine.phase == .searching)
    client.answer([[first], [second, third]])
    #expect(client.engine.phase == .connected)
    #expect(client.engine.members.map(\.name) == ["node-1", "node-2", "node-3"])
  }

  @Test("when no seed lets it in the client says why, waits, and tries them all again, with growing waits")
  func refusals() {
    var client = LoneClient(seeds: [1, 2])
    client.fail(client.dials[0].id, .refused)
    #expect(!client.engine.isBetweenSearches)
    client.open(client.dials[1].id, as: second.id)
    client.deliver(WireSamples.bytes(of: .refused(.tooManyClients)), on: client.dials[1].id)
    #expect(client.engine.isBetweenSearches)
    #expect(client.engine.failures.map(\.cause) == [.stream(.refused), .refused(.tooManyClients)])
    client.clear()
    client.advance(by: .milliseconds(251))
    #expect(client.dials.map(\.port) == [1, 2])
    #expect(!client.engine.isBetweenSearches)
  }

  @Test("a seed that says nothing is given up after the timeout")
  func silentSeed() {
    var client = LoneClient(seeds: [1])
    client.open(client.dials[0].id, as: first.id)
    client.advance(by: .seconds(5))
    #expect(client.engine.failures.map(\.cause) == [.stream(.timedOut)])
    #expect(client.closed == [StreamID(1)])
  }

  @Test("a member is dialled under its own NodeID, and one that nobody knows is not")
  func channels() {
    var client = connected()
    client.act { engine, now, outbox in engine.openChannel(to: second.id, now: now, into: &outbox) }
    #expect(client.dials.map(\.expected) == [second.id])
    client.admit(at: 2, as: second.id)
    #expect(client.handovers == [.opened(client.dials[0].id, second.id)])
    #expect(client.engine.home == first.id)
    client.act { engine, now, outbox in
      engine.openChannel(to: NodeID(high: 77, low: 7), now: now, into: &outbox)
    }
    #expect(client.handovers.last == .failed(NodeID(high: 77, low: 7)))
  }

  @Test("a member that takes no more clients is told apart from one that cannot be reached")
  func refusedChannel() {
    var client = connected()
    for _ in 0..<2 {
      client.act { engine, now, outbox in engine.openChannel(to: second.id, now: now, into: &outbox) }
    }
    client.fail(client.dials[0].id)
    client.open(client.dials[1].id, as: second.id)
    client.deliver(WireSamples.bytes(of: .refused(.tooManyClients)), on: client.dials[1].id)
    #expect(client.handovers == [.failed(second.id), .refused(second.id, .tooManyClients)])
  }

  @Test("home is asked every second, and who is not among its members any more is gone")
  func refresh() {
    var client = connected()
    client.advance(by: .milliseconds(990))
    #expect(client.engine.takeQuery() == nil)
    client.advance(by: .milliseconds(10))
    client.answer([[first, third]], fingerprint: 10)
    #expect(client.handovers == [.gone(second.id)])
    client.advance(by: .seconds(1))
    let query = client.engine.takeQuery()?.query
    #expect(query == RosterQuery(cursor: 0, fingerprint: 10))
    // Nothing has changed.
    var unchanged: [UInt8] = []
    unchanged.write(10 as UInt64)
    client.act { engine, now, outbox in engine.answered(unchanged.rawSpan, from: first.id, now: now, into: &outbox) }
    #expect(client.engine.members.count == 2)
    #expect(!client.engine.isRefreshing)
  }

  @Test(
    "a home that does not answer, or cannot be dialled again, is replaced by another member", arguments: [true, false])
  func lostHome(isSilent: Bool) {
    var client = connected()
    if isSilent {
      client.advance(by: .seconds(1))
      _ = client.engine.takeQuery()
      client.act { engine, now, outbox in engine.unanswered(by: first.id, now: now, into: &outbox) }
    } else {
      client.act { engine, now, outbox in engine.openChannel(to: first.id, now: now, into: &outbox) }
      client.fail(client.dials[0].id)
    }
    #expect(client.engine.home == nil)
    client.advance(by: .seconds(30), answering: 2, as: second.id)
    #expect(client.engine.home == second.id)
    client.answer([[second, third]], fingerprint: 11)
    #expect(client.handovers.contains(.gone(first.id)))
    #expect(client.engine.members.map(\.name) == ["node-2", "node-3"])
  }

  @Test("without any member for the timeout all are gone, and the client still looks for one")
  func homeless() {
    var client = connected()
    client.act { engine, now, outbox in engine.unanswered(by: first.id, now: now, into: &outbox) }
    client.advance(by: .milliseconds(9_900))
    #expect(client.engine.mayBeSentTo(second.id))
    #expect(!client.handovers.contains(.gone(second.id)))
    client.advance(by: .milliseconds(200))
    #expect([first, second, third].allSatisfy { client.handovers.contains(.gone($0.id)) })
    #expect(!client.engine.mayBeSentTo(second.id))
    client.clear()
    client.advance(by: .seconds(20))
    #expect(client.dials.contains { $0.port == 1 })
  }

  @Test(
    "an answer that makes no sense costs a member its place as home",
    arguments: [
      [], [1, 2, 3], [0, 0, 0, 0, 0, 0, 0, 7], [0, 0, 0, 0, 0, 0, 0, 7, 6],
      [0, 0, 0, 0, 0, 0, 0, 7, 5, 0, 0, 0, 0, 1, 1, 3],
    ] as [[UInt8]])
  func malformed(answer: [UInt8]) {
    var client = LoneClient(seeds: [1])
    client.admit(at: 1, as: first.id)
    client.act { engine, now, outbox in engine.answered(answer.rawSpan, from: first.id, now: now, into: &outbox) }
    #expect(client.engine.home == nil)
    #expect(client.engine.isBetweenSearches)
    #expect(client.handovers.last == .gone(first.id))
  }

  @Test("a client that has stopped has nothing under way and does nothing more")
  func stop() {
    var client = LoneClient(seeds: [1, 2])
    client.act { engine, _, outbox in engine.stop(into: &outbox) }
    #expect(client.closed.count == 2)
    #expect(client.engine.nextDeadline == nil)
    client.act { engine, now, outbox in engine.openChannel(to: first.id, now: now, into: &outbox) }
    #expect(client.handovers == [.failed(first.id)])
  }
}

extension LoneClient {
  /// Lets time pass until a port is dialled, and lets the client in there.
  fileprivate mutating func advance(by limit: Nanoseconds, answering port: UInt16, as peer: NodeID) {
    let end = now + limit
    while now < end, engine.home == nil {
      if dials.contains(where: { $0.port == port && !closed.contains($0.id) }) { admit(at: port, as: peer) }
      advance(by: .milliseconds(50))
    }
  }
}
