import ShoalCore
import Testing

private let alice = Record(
  id: WireSamples.alice, incarnation: 1, seniority: 2, role: .member, versions: .current, salt: 5,
  endpoint: Endpoint(v4: 0x0A00_0002, port: 2), name: "alice", tags: [:], supersedes: nil)

private let carol = Record(
  id: WireSamples.carol, incarnation: 1, seniority: 3, role: .member, versions: .current, salt: 6,
  endpoint: Endpoint(v4: 0x0A00_0003, port: 3), name: "carol", tags: [:], supersedes: nil)

private func claim(_ id: NodeID, _ incarnation: UInt64) -> Update.Claim {
  Update.Claim(id: id, incarnation: incarnation)
}

private let accusation = Evidence(accuser: WireSamples.bob, paths: .direct)

@Suite("Engine")
struct EngineTests {
  @Test("a node without seeds founds its cluster at once and agrees with itself")
  func founds() {
    let node = LoneNode(name: "first", seed: 1)
    let (phase, isConverged, count) = (node.engine.phase, node.engine.isConverged, node.engine.livingCount)
    #expect(phase == .admitted)
    #expect(isConverged)
    #expect(count == 1)
    let seniority = node.engine.myself.seniority
    #expect(seniority == 1)
  }

  @Test("a node whose only seed is itself is the first of its cluster")
  func ownSeed() {
    let node = LoneNode(name: "first", seed: 1, seeds: [.endpoint(Endpoint(v4: 0x0A00_0001, port: 1))])
    let phase = node.engine.phase
    #expect(phase == .admitted)
  }

  @Test("a node whose seed is silent keeps trying, with growing waits")
  func silentSeed() {
    var node = LoneNode(name: "late", seed: 1, seeds: [.endpoint(Endpoint(v4: 0x0A00_0009, port: 9))])
    node.advance(by: .seconds(600))
    let (phase, attempts) = (node.engine.phase, node.engine.counters.joinAttempts)
    #expect(phase == .joining)
    #expect((10...60).contains(attempts))
  }

  @Test("a fault behind the grant does not leave a joiner half in")
  func faultBehindTheGrant() throws {
    var node = LoneNode(name: "late", seed: 1, seeds: [.endpoint(Endpoint(v4: 0x0A00_0009, port: 9))])
    let dialled = node.answerDial(as: NodeID(high: 9, low: 9))
    let stream = try #require(dialled)
    let myself = node.engine.myself
    let granted = Record(
      id: myself.id, incarnation: 1, seniority: 2, role: .member, versions: .current, salt: 1,
      endpoint: myself.endpoint, name: "late", tags: [:], supersedes: nil)
    var frame: [UInt8] = []
    FrameHeader.admitted(version: 1).write(to: &frame)
    frame.writeField(FieldTag.update) { Update.alive(granted).write(to: &$0) }
    frame.writeField(FieldTag.update) { $0.append(contentsOf: [0xFF, 0xFF, 0xFF]) }
    node.deliver(frame, on: stream)
    let malformed = node.engine.counters.rejectedMalformedFrame
    #expect(malformed == 1)
    let isAdmitted = node.events.contains { if case .admitted = $0 { true } else { false } }
    #expect(isAdmitted)
  }

  @Test("one alone sends nothing")
  func aloneIsSilent() {
    var node = LoneNode(name: "first", seed: 1)
    node.advance(by: .seconds(60))
    let sent = node.transmits.count
    #expect(sent == 0)
  }

  @Test("an accused node refutes with a higher incarnation")
  func refutes() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    let me = node.engine.myself
    node.receive(.ping, carrying: [.suspect(claim(me.id, me.incarnation), accusation)], from: alice.id)
    let after = node.engine.myself
    #expect(after.status == .alive)
    #expect(after.incarnation == me.incarnation + 1)
    // The ack to that very ping carries the refutation.
    let ack = node.transmits.last
    #expect(ack?.receiver == alice.id)
    #expect(ack?.bytes.first == DatagramType.ack.rawValue)
    #expect((ack?.bytes.count ?? 0) > DatagramHeader.byteCount)
  }

  @Test("a node that finds itself dead comes back at once, but one that was cut off alone first proves its links")
  func returnsFromTheDead() {
    func raise(afterSilence span: Nanoseconds) -> UInt64 {
      var node = LoneNode(name: "me", seed: 1)
      node.meet(alice)
      node.meet(carol)
      node.advance(by: span)
      let me = node.engine.myself
      node.receive(.ping, carrying: [.dead(claim(me.id, me.incarnation), accusation)], from: alice.id)
      let after = node.engine.myself
      return after.incarnation - me.incarnation
    }
    #expect(raise(afterSilence: 0) == 1)
    #expect(raise(afterSilence: .seconds(10)) == 0)
  }

  @Test("however many are suspected at once, the last probes before their verdicts are limited")
  func manyVerdicts() {
    var node = LoneNode(name: "me", seed: 1, configuration: .local)
    let members = (1...100).map { number in
      Record(
        id: NodeID(high: UInt64(number) << 32, low: 9), incarnation: 1, seniority: UInt64(number), role: .member,
        versions: .current, salt: 5, endpoint: Endpoint(v4: 0x0A01_0000 + UInt32(number), port: 2), name: "m\(number)",
        tags: [:], supersedes: nil)
    }
    for member in members { node.meet(member) }
    for member in members {
      node.receive(.gossip, carrying: [.suspect(claim(member.id, 1), accusation)], from: members[0].id)
    }
    var most = 0
    for _ in 0..<10 {
      node.clear()
      node.advance(by: .seconds(1))
      most = max(most, node.transmits.count)
    }
    #expect((100...1_000).contains(most), "\(most) packets in a second")
  }

  @Test("an accusation of an older incarnation is stale")
  func staleAccusation() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    let me = node.engine.myself
    node.receive(.gossip, carrying: [.dead(claim(me.id, me.incarnation - 1), accusation)], from: alice.id)
    let after = node.engine.myself
    #expect(after.incarnation == me.incarnation)
  }

  @Test("a suspect that raises its incarnation is alive again; one that does not, dies")
  func suspectLives() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    node.receive(.gossip, carrying: [.suspect(claim(alice.id, 1), accusation)], from: alice.id)
    let suspected = node.engine.member(alice.id)?.status
    #expect(suspected == .suspect)
    node.receive(.gossip, carrying: [.alive(alice.with(incarnation: 2))], from: alice.id)
    let recovered = node.engine.member(alice.id)?.status
    #expect(recovered == .alive)
    node.receive(.gossip, carrying: [.suspect(claim(alice.id, 2), accusation)], from: alice.id)
    node.advance(by: .seconds(9))
    let dead = node.engine.member(alice.id)?.status
    #expect(dead == .dead)
    let evidence = node.engine.explanation(alice.id)
    #expect(evidence?.evidence?.accuser == WireSamples.bob)
    #expect(evidence?.decidedHere == true)
  }

  @Test("nothing brings back who left")
  func leftIsFinal() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    node.receive(.gossip, carrying: [.left(claim(alice.id, 1), .left)], from: alice.id)
    node.receive(.gossip, carrying: [.alive(alice.with(incarnation: 50))], from: alice.id)
    node.receive(.gossip, carrying: [.suspect(claim(alice.id, 60), accusation)], from: alice.id)
    let status = node.engine.member(alice.id)?.status
    #expect(status == .left)
  }

  @Test("a silent member is suspected by the prober itself, then dead, with the paths that were tried")
  func silentMemberDies() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    node.advance(by: .seconds(30))
    let explanation = node.engine.explanation(alice.id)
    #expect(explanation?.member.status == .dead)
    #expect(explanation?.evidence?.paths.contains(.direct) == true)
    let me = node.engine.myself.id
    #expect(explanation?.evidence?.accuser == me)
  }

  @Test("a newcomer that supersedes another replaces it at once")
  func supersedes() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    let restarted = Record(
      id: WireSamples.carol, incarnation: 1, seniority: 3, role: .member, versions: .current, salt: 6,
      endpoint: alice.endpoint, name: "alice", tags: [:], supersedes: alice.id)
    node.meet(restarted)
    let (old, new) = (node.engine.member(alice.id), node.engine.member(restarted.id))
    #expect(old?.status == .left)
    #expect(old?.leaveReason == .superseded)
    #expect(new?.status == .alive)
    // Whoever hears of the old one only later does not take it for living.
    var other = LoneNode(name: "other", seed: 2)
    other.meet(restarted)
    other.meet(alice)
    let late = other.engine.member(alice.id)?.status
    #expect(late == nil)
  }

  @Test("a node that is superseded or evicted stops with that reason", arguments: [LeaveReason.evicted, .superseded])
  func stopsWhenLeft(reason: LeaveReason) {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    let me = node.engine.myself
    node.receive(.gossip, carrying: [.left(claim(me.id, me.incarnation), reason)], from: alice.id)
    // One that was evicted says goodbye first.
    node.advance(by: .seconds(2))
    let phase = node.engine.phase
    #expect(phase == .stopped)
    let last = node.events.last
    #expect(last == .stopped(.left(reason)))
    let deadline = node.engine.nextDeadline
    #expect(deadline == nil)
  }

  @Test(
    "jumps of incarnation or seniority beyond 2^32 are refused and counted",
    arguments: [1 << 33, .max - 1, .max] as [UInt64])
  func jumps(number: UInt64) {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    let me = node.engine.myself
    node.receive(
      .gossip,
      carrying: [
        .alive(alice.with(incarnation: number)), .alive(alice.with(incarnation: 2, seniority: number)),
        .suspect(claim(alice.id, number), accusation), .dead(claim(alice.id, number), accusation),
        .dead(claim(me.id, number), accusation),
      ], from: alice.id)
    let (after, member, refused) = (node.engine.myself, node.engine.member(alice.id), node.engine.counters.rejectedJump)
    #expect(after.incarnation == me.incarnation)
    #expect(member?.incarnation == 1)
    #expect(member?.status == .alive)
    #expect(refused == 5)
  }

  @Test("a datagram from a stranger changes nothing and is counted")
  func stranger() {
    var node = LoneNode(name: "me", seed: 1)
    let before = node.engine.fingerprint
    node.receive(.ping, carrying: [], from: WireSamples.carol)
    let (after, count, sent) = (
      node.engine.fingerprint, node.engine.counters.rejectedUnknownSender, node.transmits.count
    )
    #expect(after == before)
    #expect(count == 1)
    #expect(sent == 0)
  }

  @Test("a second record for the same incarnation is refused and counted")
  func conflictingRecord() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    node.meet(alice.at(endpointPort: 99))
    let (port, count) = (node.engine.member(alice.id)?.endpoint.port, node.engine.counters.rejectedConflictingRecord)
    #expect(port == 2)
    #expect(count == 1)
  }

  @Test("a joiner with no common version is told so")
  func noCommonVersion() {
    var node = LoneNode(name: "me", seed: 1)
    let stream = node.openStream(from: alice.id)
    node.clear()
    var hello: [UInt8] = []
    FrameHeader.hello(WireVersionRange(lowest: 7, highest: 9)).write(to: &hello)
    hello.writeField(FieldTag.update) { Update.alive(alice).write(to: &$0) }
    node.deliver(hello, on: stream)
    let frames = node.frames
    #expect(frames == [[FrameType.refused.rawValue, Refusal.noCommonVersion.rawValue]])
  }

  @Test("a joiner that wants the name of the asked node itself is refused")
  func nameTakenByMe() {
    var node = LoneNode(name: "alice", seed: 1)
    let stream = node.openStream(from: alice.id)
    node.clear()
    var hello: [UInt8] = []
    FrameHeader.hello(.current).write(to: &hello)
    hello.writeField(FieldTag.update) { Update.alive(alice).write(to: &$0) }
    node.deliver(hello, on: stream)
    node.advance(by: .milliseconds(20))
    let frames = node.frames
    #expect(frames == [[FrameType.refused.rawValue, Refusal.nameTaken.rawValue]])
  }

  @Test("a joiner with another policy of coordination is told so, one without any is let in")
  func otherPolicy() {
    var node = LoneNode(name: "me", seed: 1)
    for (policy, isRefused) in [(7 as UInt64?, true), (nil, false)] {
      let stream = node.openStream(from: alice.id)
      node.clear()
      var hello: [UInt8] = []
      FrameHeader.hello(.current).write(to: &hello)
      hello.writeField(FieldTag.update) { Update.alive(alice).write(to: &$0) }
      if let policy { hello.writeField(FieldTag.policy) { $0.write(policy) } }
      node.deliver(hello, on: stream)
      node.advance(by: .milliseconds(20))
      let frames = node.frames
      #expect((frames == [[FrameType.refused.rawValue, Refusal.otherPolicy.rawValue]]) == isRefused)
    }
  }

  @Test("a joiner may only bring its own record")
  func foreignRecord() {
    var node = LoneNode(name: "me", seed: 1)
    let stream = node.openStream(from: WireSamples.bob)
    node.clear()
    var hello: [UInt8] = []
    FrameHeader.hello(.current).write(to: &hello)
    hello.writeField(FieldTag.update) { Update.alive(alice).write(to: &$0) }
    node.deliver(hello, on: stream)
    let frames = node.frames
    #expect(frames == [[FrameType.refused.rawValue, Refusal.invalidRecord.rawValue]])
  }

  @Test("a silent stream is closed when its time is over")
  func silentStream() {
    var node = LoneNode(name: "me", seed: 1)
    let stream = node.openStream(from: alice.id)
    node.clear()
    node.advance(by: .seconds(6))
    let closed = node.actions.contains { if case .close(let id) = $0 { id == stream } else { false } }
    #expect(closed)
  }

  @Test("tombstones are forgotten after their lifetime, and hearsay about the forgotten is verified first")
  func reaps() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLifetime = .seconds(10)
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    node.meet(alice)
    node.receive(.gossip, carrying: [.dead(claim(alice.id, 1), accusation)], from: alice.id)
    node.advance(by: .seconds(30))
    let forgotten = node.engine.member(alice.id)
    #expect(forgotten == nil)
    node.clear()
    node.receive(.gossip, carrying: [.alive(alice)], from: WireSamples.bob)
    let believed = node.engine.member(alice.id)
    let pinged = node.transmits.last?.receiver
    #expect(believed == nil)
    #expect(pinged == alice.id)
    // What it says of itself is no hearsay.
    node.meet(alice)
    let heard = node.engine.member(alice.id)?.status
    #expect(heard == .alive)
  }

  @Test("an alive record that contradicts a tombstone earns the tombstone")
  func contradicted() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(alice)
    node.receive(.gossip, carrying: [.dead(claim(alice.id, 1), accusation)], from: alice.id)
    let stream = node.openStream(from: WireSamples.bob)
    node.deliver(WireSamples.bytes(of: .repair), on: stream)
    node.clear()
    node.deliver(WireSamples.bytes(of: .page(next: 0), carrying: [.alive(alice)]), on: stream)
    let answer = node.frames.first
    #expect(answer?.first == FrameType.updates.rawValue)
    #expect((answer?.count ?? 0) > 20)
  }

  @Test("every counter has a name of its own")
  func counterNames() {
    let names = Counters().all.map(\.name)
    #expect(Set(names).count == names.count)
  }
}
