import ShoalCore
import Testing

@Suite("Publications on the wire") struct PublicationTests {
  @Test("what a broadcaster sends, another reads: topic, name, payload and order")
  func arrives() throws {
    var net = BroadcastNet(4)
    net.publish([1, 2, 3], by: 0, to: Topic("prices"))
    net.run()
    for index in 1..<4 {
      #expect(net.received[index].map(\.publication.payload) == [[1, 2, 3]])
      #expect(net.received[index].first?.publication.topic == Topic("prices"))
      #expect(net.received[index].first?.publication.key.number == 1)
    }
    #expect(net.received[0].isEmpty)
    #expect(net.settled[0].first?.progress.acknowledged.count == 3)
  }

  @Test("an envelope that is cut short, or claims more than it holds, changes nothing but a counter")
  func malformed() {
    var net = BroadcastNet(3)
    let sent = net.messages(of: 0) { broadcaster, outbox in
      broadcaster.publish(
        [9], message: 2, to: Topic("t", order: .causal), correlation: CorrelationID(high: 0, low: 1),
        members: [net.ids[1]], now: .zero, into: &outbox)
    }
    let payload = sent[0].payload
    for count in 0..<payload.count - 1 {
      net.deliver(payload: Array(payload.prefix(count)), kind: .publication, from: 0, to: 1)
    }
    // A list that would take more memory than the message has.
    var huge = Array(payload.prefix(22))
    huge += [255, 255, 255, 255, 255, 255, 255, 255, 127]
    net.deliver(payload: huge, kind: .publication, from: 0, to: 1)
    for kind in [MessageKind.spreadReport, .seriesStart] {
      net.deliver(payload: [1, 2, 3], kind: kind, from: 0, to: 1)
    }
    net.run()
    #expect(net.received[1].isEmpty)
    #expect(net.malformed(at: 1) == UInt64(payload.count - 1 + 3))
  }
}
