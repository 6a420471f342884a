import ShoalCore
import Testing

@Suite("Broadcasters") struct BroadcasterTests {
  private static let talk = Topic("talk", order: .causal)

  @Test(
    "no node sends a publication to more than its fan-out, and everybody gets it once", arguments: [1, 5, 6, 40, 300])
  func fanOut(members: Int) {
    var net = BroadcastNet(members + 1, fanOut: 5)
    net.publish([7], by: 0, to: .everybody)
    net.run()
    for index in 1...members { #expect(net.received[index].count == 1) }
    #expect(net.mostSent <= 5)
    #expect(net.settled[0].first?.progress.acknowledged.count == members)
    for index in 0...members { #expect(net.spreads(at: index) == 0) }
  }

  @Test("the arc of a relay that dies is served another way, and the publisher is told who is gone")
  func deadRelay() {
    var net = BroadcastNet(31, fanOut: 3)
    net.publish([7], by: 0, to: .everybody)
    let relay = net.firstReceivers[0]
    net.kill(relay)
    net.run()
    net.holdGone(relay)
    net.run()
    for index in 1..<31 where index != relay { #expect(net.received[index].count == 1) }
    let progress = net.settled[0].first?.progress
    #expect(progress?.acknowledged.count == 29)
    #expect(progress?.failed.map { $0.id } == [net.ids[relay]])
  }

  @Test("the arc of a relay that falls silent is served another way before anybody knows of its end")
  func silentRelay() {
    var net = BroadcastNet(31, fanOut: 3)
    net.publish([7], by: 0, to: .everybody)
    let relay = net.firstReceivers[0]
    net.kill(relay)
    net.run()
    net.pass(.seconds(3))
    net.run()
    for index in 1..<31 where index != relay { #expect(net.received[index].count == 1) }
    #expect(net.settled[0].isEmpty)
    #expect(net.pending(of: 0, message: 2) == [net.ids[relay]])
  }

  @Test("what comes early waits for what comes before it, and what comes twice is taken once")
  func order() {
    var net = BroadcastNet(2)
    for number in UInt8(1)...5 { net.publish([number], by: 0, to: Topic("t")) }
    net.shuffle(seed: 3)
    net.repeatAll()
    net.run()
    #expect(net.received[1].map(\.publication.payload) == [[1], [2], [3], [4], [5]])
    #expect(net.received[1].allSatisfy { $0.missed == 0 })
  }

  @Test("in a causal topic an answer never comes before what it answers")
  func causality() {
    var net = BroadcastNet(3)
    net.publish([1], by: 0, to: Self.talk)
    // The question reaches the second node, not the third.
    net.run { $0.to != 2 }
    net.publish([2], by: 1, to: Self.talk)
    net.run { $0.from != 0 || $0.to != 2 }
    #expect(net.received[2].isEmpty)
    net.run()
    #expect(net.received[2].map(\.publication.payload) == [[1], [2]])
  }

  @Test("a newcomer does not wait for what was published before it came")
  func newcomer() {
    var net = BroadcastNet(3)
    net.publish([1], by: 0, to: Self.talk, without: [2])
    net.run()
    net.publish([2], by: 1, to: Self.talk)
    net.run()
    #expect(net.received[2].isEmpty)
    // It asks, and hears that the first one is not for it.
    net.pass(.seconds(2))
    net.run()
    #expect(net.received[2].map(\.publication.payload) == [[2]])
  }

  @Test("who was held gone in between is told how many it has missed")
  func gap() {
    var net = BroadcastNet(2)
    net.publish([1], by: 0, to: Topic("t"))
    net.run()
    net.holdGone(1)
    for _ in 0..<3 { net.publish([0], by: 0, to: Topic("t"), without: [1]) }
    net.publish([5], by: 0, to: Topic("t"))
    net.run()
    #expect(net.received[1].map(\.publication.payload) == [[1], [5]])
    #expect(net.received[1].map(\.missed) == [0, 3])
  }

  @Test("a publisher that was forgotten while it lived, and sends again what was taken, is not heard twice")
  func forgotten() {
    var net = BroadcastNet(2)
    for number in UInt8(1)...3 { net.publish([number], by: 0, to: Topic("t")) }
    net.repeatAll()
    net.run { $0.position < 2 }
    net.forget(0)
    net.run()
    #expect(net.received[1].map(\.publication.payload) == [[1], [2], [3]])
  }

  @Test("what finds no room because others wait is sent when there is room, though nothing else goes to that member")
  func noRoomInAll() {
    var net = BroadcastNet(4)
    net.hasRoomFor = 1
    for number in UInt8(1)...5 { net.publish([number], by: 0, to: Topic("t")) }
    net.run()
    for index in 1..<4 { #expect(net.received[index].map(\.publication.payload) == [[1], [2], [3], [4], [5]]) }
    #expect(net.settled[0].count == 5)
    #expect(net.spreads(at: 0) == 0)
  }

  @Test("when a publisher dies, what waits for others of its publications is handed over, and those are told as missed")
  func deadPublisher() {
    var net = BroadcastNet(2)
    for number in UInt8(1)...3 { net.publish([number], by: 0, to: Topic("t")) }
    net.drop { $0.position == 1 }
    net.run()
    #expect(net.received[1].map(\.publication.payload) == [[1]])
    net.kill(0)
    net.holdGone(0)
    net.run()
    #expect(net.received[1].map(\.publication.payload) == [[1], [3]])
    #expect(net.received[1].map(\.missed) == [0, 1])
  }

  @Test("what waits is bounded: beyond the limit the gap is given up and told")
  func bounded() {
    var net = BroadcastNet(2, reorderLimit: 65_536)
    for _ in 0..<20 { net.publish([UInt8](repeating: 1, count: 10_000), by: 0, to: Topic("t")) }
    net.drop { $0.position == 0 }
    net.run()
    #expect(net.mostWaiting <= 65_536 + 10_100)
    #expect(net.received[1].count == 19)
    #expect(net.received[1].first?.missed == 1)
  }

  @Test("a slow application holds up those who send to it, not the order of others")
  func slowApplication() {
    var net = BroadcastNet(2, reorderLimit: 65_536)
    net.handles = false
    for _ in 0..<40 { net.publish([UInt8](repeating: 1, count: 10_000), by: 0, to: Topic("t")) }
    // Every other one comes early, and holds no window when its turn comes.
    net.swapPairs()
    net.run()
    #expect(net.unhandled(at: 1) <= 65_536 + 10_100)
    #expect(net.received[1].count < 40)
    net.handles = true
    net.handleAll()
    #expect(net.received[1].map(\.publication.key.number) == Array(1...40))
  }
}
