import ShoalCore
import Testing

@Suite("Clients at a member") struct ClientAdmissionTests {
  private let alice = WireSamples.record
  private let visitor = NodeID(high: 0xD1, low: 0xD2)
  private static let clientFrame = WireSamples.bytes(of: .client(.current))
  private static let hello: [UInt8] = [FrameType.channel.rawValue, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  private static func node(limit: Int = 2) -> LoneNode {
    var configuration = CoreConfiguration.lan
    configuration.messaging.clientLimit = limit
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.clear()
    return node
  }

  /// Asks to be let in; the stream, and what came back.
  private static func ask(_ node: inout LoneNode, as peer: NodeID) -> (stream: StreamID, answer: [UInt8]?) {
    let stream = node.openStream(from: peer)
    node.clear()
    node.deliver(clientFrame, on: stream)
    return (stream, node.frames.last)
  }

  private static func refused(_ refusal: Refusal) -> [UInt8] { [FrameType.refused.rawValue, refusal.rawValue] }

  @Test("a client is let in and handed over, and is in no view")
  func admitted() {
    var node = Self.node()
    let fingerprint = node.engine.fingerprint
    let (stream, answer) = Self.ask(&node, as: visitor)
    #expect(answer == WireSamples.bytes(of: .admitted(version: 1)))
    var isClient = node.engine.isClient(visitor)
    #expect(!isClient)
    node.deliver(Self.hello, on: stream)
    guard case .accepted(stream, visitor, _, isClient: true)? = node.handovers.last else {
      Issue.record("it was not handed over")
      return
    }
    isClient = node.engine.isClient(visitor)
    let isMember = node.engine.isLivingPeer(visitor)
    let after = node.engine.fingerprint
    let events = node.events
    #expect(isClient)
    #expect(!isMember)
    #expect(after == fingerprint)
    #expect(events.isEmpty)
  }

  @Test("beyond the limit a client is refused and told why, one that is known is not, and who has gone makes room")
  func limit() {
    var node = Self.node()
    let others = (1...3).map { NodeID(high: 0xE0, low: $0) }
    for other in others.prefix(2) {
      let (stream, _) = Self.ask(&node, as: other)
      node.deliver(Self.hello, on: stream)
    }
    #expect(Self.ask(&node, as: others[2]).answer == Self.refused(.tooManyClients))
    #expect(Self.ask(&node, as: others[0]).answer == WireSamples.bytes(of: .admitted(version: 1)))
    node.engine.clientGone(others[0])
    #expect(Self.ask(&node, as: others[2]).answer == Self.refused(.tooManyClients))
    node.engine.clientGone(others[1])
    #expect(Self.ask(&node, as: others[2]).answer == WireSamples.bytes(of: .admitted(version: 1)))
    let counters = node.engine.counters
    #expect(counters.clientsRefused == 2)
    #expect(counters.clientsAccepted == 2)
  }

  @Test("a limit of 0 takes no client")
  func noClients() {
    var node = Self.node(limit: 0)
    #expect(Self.ask(&node, as: visitor).answer == Self.refused(.tooManyClients))
  }

  @Test(
    "whoever comes as a client under the NodeID of a member is refused, living or dead, and the member keeps its session"
  )
  func memberIdentity() {
    var node = Self.node()
    node.meet(alice)
    let member = node.openStream(from: alice.id)
    node.deliver(Self.hello, on: member)
    #expect(Self.ask(&node, as: alice.id).answer == Self.refused(.memberIdentity))
    let isClient = node.engine.isClient(alice.id)
    #expect(!isClient)
    let handovers = node.handovers
    #expect(handovers.isEmpty)
    node.receive(.gossip, carrying: [.left(.init(id: alice.id, incarnation: alice.incarnation), .left)], from: alice.id)
    #expect(Self.ask(&node, as: alice.id).answer == Self.refused(.memberIdentity))
  }

  @Test("a client whose NodeID a member has taken meanwhile is not handed over")
  func memberMeanwhile() {
    var node = Self.node()
    let (stream, _) = Self.ask(&node, as: alice.id)
    node.meet(alice)
    node.clear()
    node.deliver(Self.hello, on: stream)
    let handovers = node.handovers
    #expect(handovers.isEmpty)
    let isClient = node.engine.isClient(alice.id)
    #expect(!isClient)
  }

  @Test("who does not ask first is no client, and one that speaks no common version is told so")
  func manners() {
    var node = Self.node()
    let stream = node.openStream(from: visitor)
    node.deliver(Self.hello, on: stream)
    let handovers = node.handovers
    #expect(handovers.isEmpty)
    let other = node.openStream(from: visitor)
    node.clear()
    node.deliver(WireSamples.bytes(of: .client(WireVersionRange(lowest: 7, highest: 9))), on: other)
    #expect(node.frames == [Self.refused(.noCommonVersion)])
  }

  @Test("a client that was let in and says nothing is closed")
  func silent() {
    var node = Self.node()
    let (stream, _) = Self.ask(&node, as: visitor)
    node.clear()
    node.advance(by: .seconds(6))
    let isClosed = node.actions.contains { if case .close(stream) = $0 { true } else { false } }
    #expect(isClosed)
  }

  @Test("whoever asks for the members gets them, and nothing but the fingerprint when these are known")
  func roster() throws {
    var node = Self.node()
    node.meet(alice)
    let answer = node.engine.rosterPage(for: RosterQuery(cursor: 0, fingerprint: 0))
    var reader = ByteReader(answer.rawSpan)
    let fingerprint = try reader.readUInt64()
    let header = try FrameHeader(from: &reader)
    var names: [String] = []
    while let update = try reader.nextUpdate() {
      if case .alive(let record) = update { names.append(record.name) }
    }
    #expect(fingerprint == node.engine.fingerprint)
    #expect(header == .page(next: 0))
    #expect(names.sorted() == ["alice", "me"])
    #expect(node.engine.rosterPage(for: RosterQuery(cursor: 0, fingerprint: fingerprint)).count == 8)
  }
}
