import ShoalCore
import Testing

@Suite("Sessions with clients") struct ClientSessionTests {
  private static func pair(
    _ change: (inout MessagingConfiguration) -> Void = { _ in }
  ) -> (world: MessagingWorld, member: MessagingNode, client: MessagingNode) {
    var configuration = MessagingConfiguration()
    change(&configuration)
    let world = MessagingWorld(seed: 11, nodes: 1, configuration: configuration)
    let client = world.start(asClient: true)
    return (world, world.nodes[0], client)
  }

  @Test("both send over the connection that the client has made, and each message arrives once, in order")
  func bothWays() {
    let (world, member, client) = Self.pair()
    world.send(from: client, to: member, bytes: 10)
    world.run(for: .milliseconds(100))
    for bytes in 0..<100 {
      world.send(from: client, to: member, bytes: bytes)
      world.send(from: member, to: client, bytes: bytes)
    }
    world.run(for: .seconds(2))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 201])
    let dials = member.messenger.counters.channelsDialled
    #expect(dials == 0)
  }

  @Test("what a member has for a client that is gone ends after the timeout, and the session is forgotten")
  func gone() {
    let (world, member, client) = Self.pair { $0.clientTimeout = .seconds(10) }
    world.send(from: client, to: member, bytes: 10)
    world.run(for: .seconds(1))
    for link in world.openLinks { world.breakLink(link) }
    client.isAlive = false
    world.ledger.processEnded(client.id)
    world.run(for: .seconds(1))
    world.send(from: member, to: client, bytes: 10)
    world.run(for: .seconds(8))
    #expect(world.ledger.outcome(of: 1, from: member.id) == nil)
    #expect(member.clientsGone == 0)
    world.run(for: .seconds(3))
    #expect(world.ledger.outcome(of: 1, from: member.id) == .notDelivered)
    #expect(member.clientsGone == 1)
    let sessions = member.messenger.sessionCount
    #expect(sessions == 0)
    let dials = member.messenger.counters.channelsDialled
    #expect(dials == 0)
  }

  @Test("a half-open connection of a client that is gone is noticed by its silence")
  func halfOpen() {
    let (world, member, client) = Self.pair()
    world.send(from: client, to: member, bytes: 10)
    world.run(for: .seconds(1))
    for link in world.openLinks { world.swallow(link) }
    client.isAlive = false
    world.ledger.processEnded(client.id)
    // 15 s until the ping, 5 s for its answer, 10 s for the client to come back.
    world.run(for: .seconds(28))
    #expect(member.clientsGone == 0)
    world.run(for: .seconds(5))
    #expect(member.clientsGone == 1)
  }

  @Test("a client whose connection breaks comes back in time, and loses and repeats nothing")
  func reconnects() {
    let (world, member, client) = Self.pair()
    for round in 0..<20 {
      for bytes in 0..<50 {
        world.send(from: client, to: member, bytes: bytes)
        if round > 0 { world.send(from: member, to: client, bytes: bytes) }
      }
      world.run(for: .milliseconds(UInt64(5 + round)))
      for link in world.openLinks { world.breakLink(link) }
      world.run(for: .milliseconds(300))
    }
    world.run(for: .seconds(5))
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
    #expect(world.ledger.outcomes == [.delivered: 20 * 50 + 19 * 50])
    #expect(world.counts.cuts > 10)
    #expect(member.clientsGone == 0)
  }

  @Test("a client that comes back too late learns that its session is over, and begins the next one")
  func tooLate() {
    let (world, member, client) = Self.pair()
    world.send(from: client, to: member, bytes: 10)
    world.run(for: .seconds(1))
    world.split(client, member, bothWays: true, for: .seconds(40))
    world.send(from: client, to: member, bytes: 10)
    world.send(from: member, to: client, bytes: 10)
    world.run(for: .seconds(60))
    #expect(member.clientsGone >= 1)
    #expect(world.ledger.outcome(of: 1, from: member.id) == .unknown)
    #expect(world.ledger.outcome(of: 2, from: client.id) == .unknown)
    world.send(from: client, to: member, bytes: 10)
    world.run(for: .seconds(10))
    #expect(world.ledger.outcome(of: 3, from: client.id) == .delivered)
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
  }

  @Test("a client ends a session that nobody uses, unnoticed by the messages that come after")
  func idle() {
    let (world, member, client) = Self.pair { $0.idleTimeout = .seconds(5) }
    for _ in 0..<5 {
      world.send(from: client, to: member, bytes: 10)
      world.run(for: .seconds(8))
      // Once soon after the connection was closed, so that the member still waits for the client.
      world.send(from: client, to: member, bytes: 10)
      world.run(for: .seconds(60))
    }
    let idle = client.messenger.counters.channelsIdle
    #expect(idle == 10)
    #expect(member.clientsGone == 5)
    #expect(world.ledger.outcomes == [.delivered: 10])
    world.ledger.close()
    #expect(world.ledger.findings.isEmpty)
  }

  @Test("a hello that is none leaves no session, and the member is told that the client is gone")
  func badHello() {
    let (world, member, client) = Self.pair()
    world.act(member) { messenger, now, outbox in
      messenger.accepted(
        StreamID(1_001), peer: client.id, hello: [15, 77].rawSpan, isClient: true, now: now, into: &outbox)
    }
    #expect(member.clientsGone == 1)
    let sessions = member.messenger.sessionCount
    #expect(sessions == 0)
  }
}
