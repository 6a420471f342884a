import ShoalCore
import Testing

/// How one node sends its part of a tree again.
@Suite("Tree forwards")
struct TreeForwardTests {
  /// A forward as it was sent, by the exchange that all its sends share.
  private struct Sent {
    let receiver: NodeID
    let exchange: UInt32
    let sequence: UInt32
  }

  private static func record(_ number: UInt64) -> Record {
    Record(
      id: NodeID(high: number << 56 | number, low: number), incarnation: 1, seniority: number + 1, role: .member,
      versions: WireVersionRange.current, salt: number, endpoint: Endpoint(v4: 0x0A00_0100 + UInt32(number), port: 1),
      name: "peer-\(number)", tags: [:], supersedes: nil)
  }

  private func forwards(of node: borrowing LoneNode) -> [Sent] {
    node.transmits.compactMap { transmit in
      var reader = ByteReader(transmit.bytes.rawSpan)
      guard let header = try? DatagramHeader(from: &reader), header.type == .tree else { return nil }
      return Sent(receiver: transmit.receiver, exchange: header.sequence & ~7, sequence: header.sequence)
    }
  }

  private func answer(_ sent: Sent, at node: inout LoneNode) {
    var bytes: [UInt8] = []
    DatagramHeader(tree: .treeAck, sequence: sent.sequence).write(to: &bytes)
    node.receive(bytes, from: sent.receiver)
  }

  /// Lets time pass while everybody answers pings, and nothing else.
  private func run(_ node: inout LoneNode, for milliseconds: Int) throws {
    var seen = node.transmits.count
    for _ in 0..<milliseconds {
      node.advance(by: .milliseconds(1))
      let new = node.transmits[seen...]
      seen = node.transmits.count
      for transmit in new {
        var reader = ByteReader(transmit.bytes.rawSpan)
        guard try DatagramHeader(from: &reader).type == .ping else { continue }
        try node.acknowledge(transmit.bytes, from: transmit.receiver)
      }
    }
  }

  /// A node that knows some others, all of them for long.
  private func node(knowing count: UInt64) throws -> LoneNode {
    var node = LoneNode(name: "me", seed: 1)
    for number in 1...count { node.meet(Self.record(number)) }
    try run(&node, for: 5_000)
    node.clear()
    return node
  }

  /// How long it takes until the only forward of new news is sent again.
  private func timeToRepeat(of news: String, at node: inout LoneNode) throws -> (time: Nanoseconds, first: Sent?) {
    node.clear()
    node.perform(.setTags(["news": news]))
    let start = node.now.monotonic
    while forwards(of: node).count < 2, node.now.monotonic.since(start) < .seconds(10) {
      try run(&node, for: 1)
    }
    return (node.now.monotonic.since(start), forwards(of: node).first)
  }

  @Test("each send has a number of its own, so that an answer says which send it answers")
  func numbers() throws {
    var node = try node(knowing: 1)
    node.perform(.setTags(["news": "1"]))
    try run(&node, for: 1_000)
    let sent = forwards(of: node)
    #expect(sent.count > 2)
    #expect(Set(sent.map(\.exchange)).count == 1)
    #expect(Set(sent.map(\.sequence)).count == sent.count)
  }

  @Test("answers that come after the second send lengthen the wait, by no more than 0.5 s at a node on time")
  func lateAnswers() throws {
    var node = try node(knowing: 1)
    let before = try timeToRepeat(of: "first", at: &node).time
    for round in 0..<8 {
      let (_, first) = try timeToRepeat(of: "\(round)", at: &node)
      try run(&node, for: 120)
      answer(try #require(first), at: &node)
    }
    let after = try timeToRepeat(of: "next", at: &node).time
    // Until that is given up, which nobody has answered.
    try run(&node, for: 5_000)
    for _ in 0..<3 { node.stall(for: .milliseconds(60)) }
    let late = try timeToRepeat(of: "last", at: &node).time
    #expect(before < .milliseconds(100))
    #expect(after > .milliseconds(120))
    #expect(after < .milliseconds(510))
    // Twice the stall, and what the answers took.
    #expect(late > .milliseconds(120 + 120))
  }

  @Test(
    "a part whose head does not answer gets another one, but for a node that runs late itself",
    arguments: [false, true])
  func heads(isLate: Bool) throws {
    var node = try node(knowing: 40)
    func goOn() throws {
      if isLate { node.stall(for: .milliseconds(400)) }
      try run(&node, for: 400)
    }
    for _ in 0..<3 { try goOn() }
    node.clear()
    node.perform(.setTags(["news": "1"]))
    try run(&node, for: 5)
    let first = Set(forwards(of: node).map(\.exchange))
    #expect(first.count == RangeTree.fanOut)
    for _ in 0..<4 { try goOn() }
    let sent = forwards(of: node).filter { first.contains($0.exchange) }
    #expect(sent.count > first.count)
    let heads = Dictionary(grouping: sent, by: \.exchange).values.map { Set($0.map(\.receiver)).count }
    #expect(isLate ? heads.allSatisfy { $0 == 1 } : heads.contains { $0 > 1 })
  }

  @Test("who takes a silent head's place and has had the news acknowledges it, and passes nothing on a second time")
  func twice() throws {
    var node = try node(knowing: 40)
    func bring(_ sequence: UInt32, from sender: NodeID) {
      var bytes: [UInt8] = []
      // All but the first few members.
      let range = RingRange(from: RingRange.position(of: Self.record(8).id), to: 0)
      DatagramHeader(tree: .tree, sequence: sequence, range: range, members: 33).write(to: &bytes)
      bytes.writeField(FieldTag.update) { Update.alive(Self.record(2).with(incarnation: 2)).write(to: &$0) }
      node.receive(bytes, from: sender)
    }
    func acknowledged() -> Int { node.transmits.count { $0.bytes.first == DatagramType.treeAck.rawValue } }

    // A sequence number's last three bits say which send it is. The first head of another tree goes on as if nothing had come before.
    bring(8, from: Self.record(1).id)
    #expect(forwards(of: node).count == RangeTree.fanOut)
    node.clear()
    bring(16, from: Self.record(3).id)
    #expect(forwards(of: node).count == RangeTree.fanOut)
    node.clear()
    bring(24 + 2, from: Self.record(4).id)
    #expect(forwards(of: node).isEmpty)
    #expect(acknowledged() == 1)

    try run(&node, for: 3_000)
    node.clear()
    bring(32 + 2, from: Self.record(5).id)
    #expect(forwards(of: node).count == RangeTree.fanOut)
  }
}
