import ShoalCore
import Testing

@Suite("Member table")
struct MemberTableTests {
  private static func record(_ number: Int, name: String? = nil, seniority: UInt64? = nil) -> Record {
    Record(
      id: id(number), incarnation: 1, seniority: seniority ?? UInt64(number) + 2, role: .member, versions: .current,
      salt: UInt64(number), endpoint: Endpoint(v4: 0x0A01_0000 + UInt32(number), port: 7946),
      name: name ?? "member-\(number)", tags: [:], supersedes: nil)
  }

  private static func id(_ number: Int) -> NodeID {
    NodeID(high: StableHash.finalize(UInt64(number) + 1), low: UInt64(number))
  }

  private static func claim(_ number: Int) -> Update.Claim { Update.Claim(id: id(number), incarnation: 1) }

  @Test("a member costs at most 48 bytes of the table, however far its arrays have just grown")
  func bytesPerMember() {
    var node = LoneNode(name: "me", seed: 1)
    var most = 0.0
    for number in 0..<12_000 {
      node.meet(Self.record(number))
      guard number >= 1_000 else { continue }
      most = max(most, Double(node.engine.tableByteCount) / Double(node.engine.livingCount))
    }
    let count = node.engine.livingCount
    #expect(count == 12_001)
    #expect(most <= 48, "\(most) bytes")
    #expect(most > 30, "\(most) bytes: too few to be true")
  }

  @Test("everybody is found by NodeID and handle while others come and go, and nobody who was forgotten")
  func comingAndGoing() {
    var configuration = CoreConfiguration.lan
    configuration.membership.tombstoneLimit = 16
    var node = LoneNode(name: "me", seed: 1, configuration: configuration)
    var random = PRNG(seed: 5)
    var living: [Int] = []
    var gone: [Int] = []
    for number in 0..<6_000 {
      node.meet(Self.record(number))
      living.append(number)
      guard living.count > 300 else { continue }
      let leaver = living.remove(at: random.below(living.count))
      node.receive(.gossip, carrying: [.left(Self.claim(leaver), .left)], from: Self.id(number))
      gone.append(leaver)
    }
    for number in living {
      let (member, peer) = (node.engine.member(Self.id(number)), node.engine.peer(handle: Self.id(number).handle))
      #expect(member?.name == "member-\(number)")
      #expect(peer?.id == Self.id(number))
    }
    for number in gone.dropLast(16) {
      let (member, peer) = (node.engine.member(Self.id(number)), node.engine.peer(handle: Self.id(number).handle))
      #expect(member == nil)
      #expect(peer == nil)
    }
    var known = 0
    node.engine.forEachMember { _ in known += 1 }
    #expect(known == living.count + 16 + 1)
  }

  @Test("a name is taken while its holder lives, passes on from the dead, and is free after a leave")
  func names() {
    var node = LoneNode(name: "me", seed: 1)
    for number in 0..<500 { node.meet(Self.record(number)) }
    node.receive(
      .gossip,
      carrying: [.dead(Self.claim(7), Evidence(accuser: Self.id(8), paths: .direct)), .left(Self.claim(9), .left)],
      from: Self.id(1))
    let dead = node.engine.member(Self.id(7))?.status
    #expect(dead == .dead)

    #expect(admitted(Self.record(1_007, name: "member-7"), by: &node)?.supersedes == Self.id(7))
    #expect(admitted(Self.record(1_009, name: "member-9"), by: &node)?.supersedes == .some(nil))
    #expect(admitted(Self.record(1_008, name: "member-8"), by: &node) == nil)
    #expect(admitted(Self.record(1_010, name: "member-1007"), by: &node)?.supersedes == .some(nil))
  }

  /// Asks to be admitted; nil unless that is granted with the next batch.
  private func admitted(_ wanted: Record, by node: inout LoneNode) -> Record? {
    let stream = node.openStream(from: wanted.id)
    node.clear()
    var hello = WireSamples.bytes(of: FrameHeader.hello(.current))
    hello.writeField(FieldTag.update) { Update.alive(wanted).write(to: &$0) }
    node.deliver(hello, on: stream)
    node.advance(by: .milliseconds(400))
    guard let frame = node.frames.first else { return nil }
    var reader = ByteReader(frame.rawSpan)
    guard case .admitted? = try? FrameHeader(from: &reader), case .alive(let granted)? = try? reader.nextUpdate()
    else { return nil }
    return granted
  }

  @Test("what a suspect was accused of is gone when it is alive again")
  func troubleEnds() {
    var node = LoneNode(name: "me", seed: 1)
    node.meet(Self.record(1))
    node.receive(
      .gossip, carrying: [.suspect(Self.claim(1), Evidence(accuser: Self.id(2), paths: .direct))], from: Self.id(1))
    let accused = node.engine.explanation(Self.id(1))
    #expect(accused?.evidence?.accuser == Self.id(2))
    #expect(accused?.suspectedAt != nil)
    node.receive(.gossip, carrying: [.alive(Self.record(1).with(incarnation: 2))], from: Self.id(1))
    let cleared = node.engine.explanation(Self.id(1))
    #expect(cleared?.member.status == .alive)
    #expect(cleared?.member.incarnation == 2)
    #expect(cleared?.evidence == nil)
    #expect(cleared?.suspectedAt == nil)
  }
}
