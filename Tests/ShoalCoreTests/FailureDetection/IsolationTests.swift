import ShoalCore
import Testing

/// A node that has been cut off: what it has made up meanwhile, and how it comes back.
@Suite struct IsolationTests {
  private let others = (1...4).map { position in
    Record(
      id: NodeID(high: 0xAAAA << 32 | UInt64(position), low: 7), incarnation: 1, seniority: UInt64(position) + 1,
      role: .member, versions: .current, salt: 9, endpoint: Endpoint(v4: 0x0A00_0100 + UInt32(position), port: 1),
      name: "other-\(position)", tags: [:], supersedes: nil)
  }

  private func accusation(of id: NodeID, incarnation: UInt64 = 1) -> Update {
    .dead(Update.Claim(id: id, incarnation: incarnation), Evidence(accuser: others[0].id, paths: .direct))
  }

  @Test("a member that was cut off alone and finds itself dead does not come back before its links have proven sound")
  func cutOff() {
    var node = LoneNode(name: "me", seed: 1)
    for other in others { node.meet(other) }
    let me = node.engine.myself
    node.advance(by: .seconds(5))
    let isIsolated = node.engine.isIsolated
    #expect(isIsolated)
    node.receive(.gossip, carrying: [accusation(of: me.id, incarnation: me.incarnation)], from: others[0].id)
    node.advance(by: .seconds(2))
    let incarnation = node.engine.myself.incarnation
    #expect(incarnation == me.incarnation)
  }

  @Test("a member that was never cut off and finds itself dead comes back at once")
  func stalled() {
    var node = LoneNode(name: "me", seed: 1)
    for other in others { node.meet(other) }
    let me = node.engine.myself
    node.receive(.gossip, carrying: [accusation(of: me.id, incarnation: me.incarnation)], from: others[0].id)
    let incarnation = node.engine.myself.incarnation
    #expect(incarnation == me.incarnation + 1)
  }

  @Test("what a node suspected in private while it heard nobody is forgotten when it hears again")
  func deafness() {
    var node = LoneNode(name: "me", seed: 1)
    for other in others { node.meet(other) }
    node.advance(by: .seconds(6))
    let suspected = others.filter { node.engine.suspects($0.id) }
    #expect(!suspected.isEmpty)
    node.receive(.gossip, carrying: [], from: others[0].id)
    let remaining = others.filter { node.engine.suspects($0.id) }
    #expect(remaining.isEmpty)
  }

  @Test("a death that its accuser made up while it heard nobody is believed by nobody who holds the member living")
  func madeUp() {
    var node = LoneNode(name: "me", seed: 1)
    for other in others { node.meet(other) }
    let claim = Update.Claim(id: others[1].id, incarnation: 1)
    node.receive(.gossip, carrying: [.dead(claim, Evidence(accuser: others[0].id, paths: .alone))], from: others[0].id)
    let kept = node.engine.member(others[1].id)?.status
    #expect(kept == .alive)
    node.receive(.gossip, carrying: [accusation(of: others[1].id)], from: others[0].id)
    let believed = node.engine.member(others[1].id)?.status
    #expect(believed == .dead)
  }

  @Test("a node that took itself for the last one asks whom others hold living, and tells nobody else of their deaths")
  func lastOne() {
    var node = LoneNode(name: "me", seed: 1)
    for other in others { node.meet(other) }
    node.advance(by: .seconds(40))
    let alone = node.engine.explanation(others[2].id)
    #expect(alone?.member.status == .dead && alone?.evidence?.paths == .alone)
    node.clear()
    node.receive(.gossip, carrying: [.alive(others[2])], from: others[0].id)
    let asked = node.transmits.filter { $0.bytes.first == DatagramType.ping.rawValue }.map(\.receiver)
    #expect(asked == [others[2].id])
  }
}
