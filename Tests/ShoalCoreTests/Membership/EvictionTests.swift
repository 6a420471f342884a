import ShoalCore
import Testing

/// Members that an operator removes, and what they make of it.
@Suite struct EvictionTests {
  private static let alice = WireSamples.recordV6.with(salt: 4)
  private static var claim: Update.Claim { Update.Claim(id: WireSamples.alice, incarnation: 1) }

  /// What was sent to somebody that says that a member was evicted.
  private static func told(_ node: borrowing LoneNode, to receiver: NodeID) -> [DatagramType] {
    node.transmits.compactMap { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      guard transmit.receiver == receiver, let header = try? DatagramHeader(from: &reader) else { return nil }
      guard let field = try? reader.nextField(), let update = try? Update(from: field.bytes),
        case .left(let claim, .evicted) = update, claim.id == WireSamples.alice
      else { return nil }
      return header.type
    }
  }

  @Test("an evicted member has left, and is told so again and again until it is silent")
  func living() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice)
    node.clear()
    let refusal = node.perform(.evict(WireSamples.alice))
    #expect(refusal == nil)
    let member = node.engine.member(WireSamples.alice)
    #expect(member?.status == .left)
    #expect(member?.leaveReason == .evicted)
    let events = node.events.compactMap { if case .left(let member) = $0 { member.leaveReason } else { nil } }
    #expect(events == [.evicted])
    node.advance(by: .seconds(10))
    let told = Self.told(node, to: WireSamples.alice)
    #expect(told == Array(repeating: .ping, count: 5))
  }

  @Test("a dead member can be evicted as well")
  func dead() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice)
    let death = Update.dead(Self.claim, Evidence(accuser: WireSamples.carol, paths: .direct))
    node.receive(.gossip, carrying: [death], from: WireSamples.alice)
    let refusal = node.perform(.evict(WireSamples.alice))
    let reason = node.engine.member(WireSamples.alice)?.leaveReason
    #expect(refusal == nil)
    #expect(reason == .evicted)
  }

  @Test("the node itself, a stranger and one that has left are not evicted")
  func refused() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice)
    let (oneself, stranger) = (node.perform(.evict(node.engine.myself.id)), node.perform(.evict(WireSamples.carol)))
    #expect(oneself == .oneself)
    #expect(stranger == .unknownMember)
    node.receive(.gossip, carrying: [.left(Self.claim, .left)], from: WireSamples.alice)
    let (departed, reason) = (
      node.perform(.evict(WireSamples.alice)), node.engine.member(WireSamples.alice)?.leaveReason
    )
    #expect(departed == .departed)
    #expect(reason == .left)
  }

  @Test("whoever learns that it was evicted says goodbye and stops with that reason, and never refutes")
  func evicted() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice)
    node.clear()
    let me = node.engine.myself
    let eviction = Update.left(Update.Claim(id: me.id, incarnation: 0), .evicted)
    node.receive(.ping, carrying: [eviction], from: WireSamples.alice)
    let (early, refuted) = (node.engine.phase, node.engine.counters.refutationsSent)
    #expect(early == .leaving)
    #expect(refuted == 0)
    node.advance(by: .seconds(2))
    let phase = node.engine.phase
    #expect(phase == .stopped)
    #expect(node.events.contains(.stopped(.left(.evicted))))
  }

  @Test(
    "an evicted member whose tombstone is gone comes back as nobody, and is told why; one that has left is not told apart"
  )
  func returns() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(20)
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.meet(Self.alice)
    node.perform(.evict(WireSamples.alice))
    node.advance(by: .seconds(30))
    let forgotten = node.engine.member(WireSamples.alice)
    #expect(forgotten == nil)
    node.clear()
    node.meet(Self.alice)
    let (member, told) = (node.engine.member(WireSamples.alice), Self.told(node, to: WireSamples.alice))
    #expect(member == nil)
    #expect(told == [.gossip])
    // However often it is offered.
    for _ in 0..<200 { node.meet(Self.alice) }
    let often = Self.told(node, to: WireSamples.alice).count
    #expect((2...20).contains(often))
  }

  @Test("on a stream an evicted member that was forgotten is answered there")
  func stream() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(20)
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.meet(Self.alice)
    node.perform(.evict(WireSamples.alice))
    node.advance(by: .seconds(30))
    node.clear()
    let id = node.openStream(from: WireSamples.carol)
    node.deliver(WireSamples.bytes(of: .repair), on: id)
    node.deliver(WireSamples.bytes(of: .page(next: 0), carrying: [.alive(Self.alice)]), on: id)
    let expected = WireSamples.bytes(of: .updates, carrying: [.left(Self.claim, .evicted)])
    #expect(node.frames.contains(expected))
  }

  @Test("a process that was evicted before it had joined is refused for good")
  func joining() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.alice)
    node.perform(.evict(WireSamples.alice))
    node.clear()
    node.receiveFrame(
      WireSamples.bytes(of: .hello(.current), carrying: [.alive(Self.alice.with(incarnation: 2))]),
      from: WireSamples.alice)
    #expect(node.frames == [[FrameType.refused.rawValue, Refusal.evicted.rawValue]])
    #expect(Refusal.evicted.isFinal)
  }
}
