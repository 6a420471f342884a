import ShoalCore
import Testing

@Suite("Total order") struct TotalOrderTests {
  private static let ledger = Topic("ledger", order: .total)

  private static func isPublication(_ letter: BroadcastNet.Letter) -> Bool { letter.message.kind == .publication }

  @Test("what several publish at once arrives in one order everywhere, at its publishers too", arguments: [2, 5, 40])
  func oneOrder(count: Int) {
    var net = BroadcastNet(count, fanOut: 3)
    let all = Array(0..<count)
    net.follow(0, epoch: 7, by: all)
    for round in UInt8(0)..<20 {
      for publisher in [0, 1, count - 1] { net.publish([round, UInt8(publisher)], by: publisher, to: Self.ledger) }
      net.shuffle(seed: UInt64(round))
    }
    net.run()
    let order = net.received[0].map(\.publication.payload)
    #expect(order.count == 60)
    for index in all {
      #expect(net.received[index].map(\.publication.payload) == order)
      #expect(net.received[index].map(\.publication.position) == (1...60).map { TopicPosition(epoch: 7, number: $0) })
      #expect(net.spreads(at: index) == 0 && net.broken[index].isEmpty)
    }
    for publisher in Set([0, 1, count - 1]) {
      #expect(net.settled[publisher].allSatisfy { $0.progress.acknowledged.count == count - 1 })
    }
    #expect(net.settled.joined().count == 60)
  }

  @Test("when the sequencer dies, what only some have goes on to all, and nobody gets anything twice")
  func deadSequencer() {
    var net = BroadcastNet(4)
    net.follow(0, epoch: 1, by: [0, 1, 2, 3])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    for number in UInt8(2)...5 { net.publish([number], by: 1, to: Self.ledger) }
    // The third node gets all of these, the publisher the first, the last node none.
    net.run(passes: 0) { !Self.isPublication($0) || $0.to == 2 || ($0.to == 1 && $0.position < 2) }
    #expect(net.order(at: 2) == [1, 2, 3, 4, 5] && net.order(at: 1) == [1, 2] && net.order(at: 3) == [1])
    net.kill(0)
    net.drop { $0.from == 0 }
    net.holdGone(0)
    net.follow(3, epoch: 2, by: [1, 2, 3])
    net.publish([6], by: 2, to: Self.ledger)
    net.run()
    for index in 1...3 {
      #expect(net.order(at: index) == [1, 2, 3, 4, 5, 6])
      #expect(net.received[index].map(\.number) == [1, 2, 3, 4, 5, 6])
      #expect(net.broken[index].isEmpty)
    }
    // What it already had came under the old epoch, the rest under the new one.
    #expect(net.received[1].map { $0.publication.position?.epoch } == [1, 1, 2, 2, 2, 2])
    let told = net.settled[1].map { Set($0.progress.acknowledged) }
    #expect(told.count == 5 && told.dropFirst().allSatisfy { $0 == [net.ids[2], net.ids[3]] })
  }

  @Test("a publication that the dead sequencer had got and told nobody of is handed over again, and has one place")
  func repeated() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.publish([3], by: 1, to: Self.ledger)
    // The last node gets the first of the two; their publisher neither.
    net.run(passes: 0) { !Self.isPublication($0) || ($0.to == 2 && $0.position < 2) }
    #expect(net.order(at: 2) == [1, 2] && net.order(at: 1) == [1])
    net.kill(0)
    net.drop { $0.from == 0 }
    net.holdGone(0)
    net.follow(2, epoch: 2, by: [1, 2])
    net.run()
    #expect(net.order(at: 1) == [1, 2, 3] && net.order(at: 2) == [1, 2, 3])
    #expect(net.settled[1].count == 3)
  }

  @Test("a session that breaks makes the publisher repeat, and the sequencer takes it once")
  func repeatedToTheSame() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run { !Self.isPublication($0) }
    net.holdGone(0, at: [1])
    net.holdLiving(0, at: [1])
    net.run()
    for index in 0...2 { #expect(net.order(at: index) == [1]) }
    #expect(net.settled[1].map { Set($0.progress.acknowledged) } == [[net.ids[0], net.ids[2]]])
  }

  @Test(
    "a publisher that the sequencer forgot while it lived repeats what has a place already, and the sequencer takes it once"
  )
  func forgottenPublisher() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.run(passes: 0) { $0.to == 0 }
    net.drop { $0.to == 1 }
    net.holdGone(1, at: [0])
    net.forget(1)
    net.holdGone(0, at: [1])
    net.holdLiving(1, at: [0])
    net.holdLiving(0, at: [1])
    net.run()
    for index in 0...2 { #expect(net.order(at: index) == [1, 2]) }
  }

  @Test(
    "a sequencer whose reign does not hold at the moment, though another one may, gives no places; what waits gets them when it does again",
    arguments: [nil, 7] as [UInt64?])
  func lapsed(epoch: UInt64?) {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    net.noteReign(epoch, at: 0)
    net.publish([2], by: 1, to: Self.ledger)
    net.publish([3], by: 0, to: Self.ledger)
    net.run()
    for index in 0...2 { #expect(net.order(at: index) == [1]) }
    net.noteReign(1, at: 0)
    net.settle()
    for index in 0...2 { #expect(Set(net.order(at: index)) == [1, 2, 3] && net.order(at: index).count == 3) }
  }

  @Test("after a split who holds something else is told up to where it goes, and goes on with the others")
  func split() {
    var net = BroadcastNet(4)
    net.follow(0, epoch: 1, by: [0, 1, 2, 3])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    // The first two go on among themselves, and so do the others, under a coordinator of their own.
    net.holdGone(2, at: [0, 1])
    net.holdGone(3, at: [0, 1])
    net.holdGone(0, at: [2, 3])
    net.holdGone(1, at: [2, 3])
    net.follow(2, epoch: 2, by: [2, 3])
    net.publish([10], by: 1, to: Self.ledger)
    net.publish([20], by: 3, to: Self.ledger)
    net.run { ($0.from < 2) == ($0.to < 2) }
    net.drop { _ in true }
    #expect(net.order(at: 0) == [1, 10] && net.order(at: 3) == [1, 20])
    for index in 0...3 { net.holdLiving(index, at: index < 2 ? [2, 3] : [0, 1]) }
    net.follow(0, epoch: 3, by: [0, 1, 2, 3])
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.run()
    // The later epoch's order goes on, whoever coordinates.
    for index in 0...1 {
      #expect(net.order(at: index) == [1, 10, 2])
      #expect(net.broken[index] == [TopicPosition(epoch: 1, number: 2)])
    }
    for index in 2...3 {
      #expect(net.order(at: index) == [1, 20, 2])
      #expect(net.broken[index].isEmpty)
    }
  }

  @Test("who was away while the others went on fetches what it lacks, as long as it is held")
  func away() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.publish([3], by: 1, to: Self.ledger)
    net.run(passes: 0) { $0.to != 2 }
    net.drop { $0.to == 2 }
    #expect(net.order(at: 2) == [1])
    net.settle()
    #expect(net.order(at: 2) == [1, 2, 3] && net.broken[2].isEmpty)
  }

  @Test("who was held gone for so long that nobody keeps what it lacks is told so")
  func forgotten() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([1], by: 1, to: Self.ledger)
    net.run()
    net.holdGone(2, at: [0, 1])
    for number in UInt8(2)...4 { net.publish([number], by: 1, to: Self.ledger, without: [2]) }
    net.run { $0.to != 2 }
    net.drop { $0.to == 2 }
    net.holdLiving(2, at: [0, 1])
    net.run()
    #expect(net.broken[2] == [TopicPosition(epoch: 1, number: 1)])
    net.publish([5], by: 1, to: Self.ledger)
    net.run()
    #expect(net.order(at: 2) == [1, 5] && net.order(at: 0) == [1, 2, 3, 4, 5])
  }

  @Test("a newcomer begins where the order is")
  func newcomer() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1])
    net.publish([1], by: 1, to: Self.ledger, without: [2])
    net.run()
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.holdLiving(2, at: [0, 1])
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.run()
    #expect(net.order(at: 2) == [2] && net.received[2].map(\.number) == [2])
    #expect(net.broken[2].isEmpty)
    #expect(net.settled[1].map(\.progress.acknowledged.count) == [1, 2])
  }

  @Test("who follows a reign only after its opening has come, and has no use for an order, holds nobody up")
  func lateFollower() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1])
    net.publish([1], by: 1, to: Self.ledger, without: [2])
    net.run()
    // The sequencer holds it living, and tells it of its order. It follows nobody yet.
    net.holdLiving(2, at: [0, 1])
    net.run()
    net.publish([2], by: 1, to: Self.ledger)
    net.run()
    #expect(net.settled[1].count == 1)
    net.follow(0, epoch: 1, by: [2])
    net.settle()
    #expect(net.settled[1].map(\.progress.acknowledged) == [[net.ids[0]], [net.ids[0]]])
    net.publish([3], by: 1, to: Self.ledger)
    net.run()
    #expect(net.order(at: 2) == [3] && net.settled[1].last?.progress.acknowledged.count == 2)
  }

  @Test("what is held until everybody has it is bounded: beyond that nothing gets a place until there is room")
  func bounded() {
    var net = BroadcastNet(3, orderLimit: 65_536)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([0], by: 1, to: Self.ledger)
    net.run()
    for number in UInt8(1)...60 {
      net.publish([UInt8](repeating: number, count: 10_000), by: 1, to: Self.ledger)
    }
    net.run(passes: 2) { $0.to != 2 }
    #expect(net.order(at: 1).count < 12)
    net.settle()
    for index in 0...2 { #expect(net.order(at: index) == Array(0...60)) }
    // What waits for a place, and what came early, are bounded in the same way.
    #expect(net.mostOrdered <= 3 * (65_536 + 10_200))
    #expect(net.settled[1].count == 61)
  }

  @Test("who keeps everybody waiting for too long is left behind, and told so")
  func leftBehind() {
    var net = BroadcastNet(3, orderLimit: 65_536)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    net.publish([0], by: 1, to: Self.ledger)
    net.run()
    for number in UInt8(1)...20 {
      net.publish([UInt8](repeating: number, count: 10_000), by: 1, to: Self.ledger)
    }
    for _ in 0..<60 {
      net.run(passes: 2) { $0.to != 2 }
      net.drop { $0.to == 2 }
      net.pass(.seconds(1))
    }
    #expect(net.order(at: 1) == Array(0...20) && net.order(at: 2) == [0])
    net.settle()
    #expect(net.broken[2] == [TopicPosition(epoch: 1, number: 1)])
  }

  @Test("without a sequencer a publication waits, and can be taken back")
  func nobody() {
    var net = BroadcastNet(2)
    net.publish([1], by: 0, to: Self.ledger)
    net.publish([2], by: 0, to: Self.ledger)
    net.run()
    #expect(net.pending(of: 0, message: 2) == [net.ids[1]])
    let isWithdrawn = net.withdraw(2, by: 0)
    #expect(isWithdrawn && net.settled[0].map(\.progress.failed.first?.failure) == [.noSequencer])
    net.follow(1, epoch: 1, by: [0, 1])
    net.run()
    #expect(net.order(at: 0) == [2] && net.order(at: 1) == [2])
    let isLate = net.withdraw(4, by: 0)
    #expect(!isLate)
  }

  @Test("a new sequencer does not wait for ever for a member that says nothing")
  func silentMember() {
    var net = BroadcastNet(4)
    net.follow(0, epoch: 1, by: [0, 1, 2, 3])
    net.publish([1], by: 1, to: Self.ledger)
    for _ in 0..<20 {
      net.run(passes: 2) { $0.to != 3 }
      net.drop { $0.to == 3 }
      net.pass(.milliseconds(500))
    }
    #expect(net.order(at: 1) == [1] && net.order(at: 2) == [1])
    #expect(net.order(at: 3).isEmpty)
  }

  @Test("a message about the order that is cut short, or claims too much, changes nothing but a counter")
  func malformed() {
    var net = BroadcastNet(3)
    net.follow(0, epoch: 1, by: [0, 1, 2])
    var said: [UInt8: [UInt8]] = [:]
    net.publish([1], by: 1, to: Self.ledger)
    net.run(passes: 2) { letter in
      if letter.message.kind == .order { said[letter.message.payload[0]] = letter.message.payload }
      return true
    }
    #expect(said.count >= 6)
    var count: UInt64 = 0
    for payload in said.values {
      for length in 0..<payload.count {
        net.deliver(payload: Array(payload.prefix(length)), kind: .order, from: 0, to: 2)
        count += 1
      }
      net.deliver(payload: payload + [0], kind: .order, from: 0, to: 2)
    }
    net.deliver(payload: [99, 1], kind: .order, from: 0, to: 2)
    let before = net.malformed(at: 2)
    net.run()
    // A list may end after any of its entries.
    #expect(net.malformed(at: 2) - before > count * 3 / 4)
    net.publish([2], by: 2, to: Self.ledger)
    net.run()
    for index in 0...2 { #expect(net.order(at: index) == [1, 2]) }
  }
}
