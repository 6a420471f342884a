import ShoalCore
import Testing

@Suite("Outlines")
struct OutlinesTests {
  /// Members of one bucket, so many that their records do not fit in a datagram.
  private static func neighbours(_ count: Int) -> [Record] {
    var random = PRNG(seed: 1)
    return (1...count).map { number in
      Record(
        id: NodeID(high: 0xA1 << 56 | random.next() >> 8, low: random.next()), incarnation: 1,
        seniority: UInt64(number), role: .member, versions: .current, salt: 5,
        endpoint: Endpoint(v4: 0x0A00_0002, port: UInt16(number)), name: "neighbour-\(number)", tags: [:],
        supersedes: nil)
    }
  }

  @Test("whoever is in one collection only is found, in either direction")
  func differences() {
    let members = Self.neighbours(100)
    func outlines(_ range: Range<Int>) -> Outlines {
      Outlines(salt: 7, of: members[range].map { Outlines.hash(of: $0, salt: 7) })
    }
    #expect(outlines(0..<90).subtracting(outlines(10..<100)) == outlines(0..<10))
    #expect(outlines(10..<100).subtracting(outlines(0..<90)) == outlines(90..<100))
    #expect(members.filter { outlines(20..<30).contains($0) } == Array(members[20..<30]))
  }

  @Test("an older version of a member is another member")
  func versions() {
    let member = Self.neighbours(1)[0]
    let outlines = Outlines(salt: 7, of: [Outlines.hash(of: member, salt: 7)])
    #expect(!outlines.contains(member.with(incarnation: 2)))
  }

  @Test("outlines take four bytes a member, and are read back")
  func wire() throws {
    let outlines = Outlines(salt: 7, of: [5, 3, 4])
    var bytes: [UInt8] = []
    outlines.write(to: &bytes)
    #expect(bytes.count == 4 + 1 + 3 * 4)
    var reader = ByteReader(bytes.rawSpan)
    #expect(try Outlines(from: &reader) == outlines)
  }

  @Test("a count beyond what follows is refused before anything is set aside for it")
  func longCount() {
    var bytes: [UInt8] = [0, 0, 0, 7]
    bytes.writeVarint(.max)
    bytes.append(contentsOf: [1, 2, 3, 4])
    #expect(throws: WireError.truncated) {
      var reader = ByteReader(bytes.rawSpan)
      _ = try Outlines(from: &reader)
    }
  }

  @Test("two that lack one of many each tell each other of these two alone, and need no stream")
  func exchange() throws {
    let members = Self.neighbours(60)
    var one = LoneNode(name: "one", seed: 1)
    var other = LoneNode(name: "other", seed: 2)
    for member in members.dropFirst() { one.meet(member) }
    for member in members.dropLast() { other.meet(member) }
    let found = try Self.digest(from: &one)
    let digest = try #require(found)
    one.clear()
    other.clear()

    // The other one answers in the name of whoever was asked.
    other.receive(digest.bytes, from: one.engine.myself.id)
    let answer = try #require(other.transmits.last { $0.bytes.first == DatagramType.entries.rawValue })
    #expect(answer.bytes.count < 60 * 4 + 100)
    one.receive(answer.bytes, from: digest.peer)
    let wanted = try #require(one.transmits.last { $0.bytes.first == DatagramType.entries.rawValue })
    #expect(wanted.bytes.count < 300)
    other.receive(wanted.bytes, from: one.engine.myself.id)
    let rest = try #require(other.transmits.last { $0.bytes.first == DatagramType.entries.rawValue })
    #expect(rest.bytes.count < 300)
    one.receive(rest.bytes, from: digest.peer)

    let learned = one.engine.member(members[0].id)?.status
    #expect(learned == .alive)
    let told = other.engine.member(members[59].id)?.status
    #expect(told == .alive)
    #expect(one.dialled.isEmpty)
    #expect(other.dialled.isEmpty)
  }

  @Test("whoever lacks more than fits in a datagram asks for a stream, and for nothing else")
  func muchLacked() throws {
    let members = Self.neighbours(200)
    var one = LoneNode(name: "one", seed: 1)
    var other = LoneNode(name: "other", seed: 2)
    for member in members.prefix(20) { one.meet(member) }
    for member in members { other.meet(member) }
    let found = try Self.digest(from: &one)
    let digest = try #require(found)
    one.clear()
    other.clear()
    other.receive(digest.bytes, from: one.engine.myself.id)
    let answer = try #require(other.transmits.last { $0.bytes.first == DatagramType.entries.rawValue })
    one.receive(answer.bytes, from: digest.peer)
    #expect(one.dialled.map(\.peer) == [digest.peer])
    #expect(!one.transmits.contains { $0.bytes.first == DatagramType.entries.rawValue })
  }

  /// Has all members answer pings as if their views differed, until one of them is sent a digest.
  private static func digest(from node: inout LoneNode) throws -> (peer: NodeID, bytes: [UInt8])? {
    var seen = 0
    for _ in 0..<5_000 {
      node.advance(by: .milliseconds(1))
      let new = Array(node.transmits[seen...])
      seen = node.transmits.count
      for transmit in new {
        var reader = ByteReader(transmit.bytes.rawSpan)
        let header = try DatagramHeader(from: &reader)
        if header.type == .digest { return (transmit.receiver, transmit.bytes) }
        guard header.type == .ping else { continue }
        try node.acknowledge(transmit.bytes, from: transmit.receiver, agrees: false)
      }
    }
    return nil
  }
}
