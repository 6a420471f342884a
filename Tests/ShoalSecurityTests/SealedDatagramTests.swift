import ShoalCore
import ShoalSecurity
import Testing

@Suite("Sealed datagrams")
struct SealedDatagramTests {
  private static let hello: [UInt8] = Array("hello, shoal".utf8)

  /// Alice and Bob know each other.
  private func pair() throws -> (alice: NodeID, key: ClusterKey) { (Identities.alice, try Identities.key()) }

  private func bobWhoKnowsAlice() throws -> Sealer {
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    bob.knows(Identities.alice, salt: 1)
    return bob
  }

  @Test("a sealed datagram keeps its golden bytes")
  func golden() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key(), salt: 0x0102_0304_0506_0708)
    let sealed = alice.seal(Self.hello, for: Identities.bob)
    #expect(sealed.count == Self.hello.count + 45)
    #expect(
      Hexadecimal.text(sealed)
        == "0116f7229a00000000000000a101020304050607080000000000000001"
        + "4870751ec14830fe845cff7dfc6dd9e793f3dc391cb2bfbb8931af66"
    )
  }

  @Test("what is sealed for a node opens there, and says from whom")
  func opens() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let outcome = bob.open(alice.seal(Self.hello, for: Identities.bob))
    #expect(outcome == .message(Identities.alice, Self.hello))
  }

  @Test("a replay to the same receiver is refused and counted")
  func replay() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let datagram = alice.seal(Self.hello, for: Identities.bob)
    _ = bob.open(datagram)
    let again = bob.open(datagram)
    #expect(again == .rejected)
    let count = bob.counter("rejected_replayed")
    #expect(count == 1)
  }

  @Test("a packet for one node is refused by another, and by its successor after a restart")
  func otherReceiver() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    let datagram = alice.seal(Self.hello, for: Identities.bob)
    for other in [Identities.carol, NodeID(high: 0xB1, low: 0xB3)] {
      var receiver = Sealer(other, key: try Identities.key())
      receiver.knows(Identities.alice, salt: 1)
      let outcome = receiver.open(datagram)
      #expect(outcome == .rejected)
      let count = receiver.counter("rejected_forged")
      #expect(count == 1)
    }
  }

  @Test("another cluster id, and another key, open nothing")
  func otherCluster() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    let datagram = alice.seal(Self.hello, for: Identities.bob)
    var otherCluster = Sealer(Identities.bob, key: try Identities.key(), clusterID: "other")
    otherCluster.knows(Identities.alice, salt: 1)
    let first = otherCluster.open(datagram)
    #expect(first == .rejected)
    var otherKey = Sealer(Identities.bob, key: try ClusterKey.generate())
    let second = otherKey.open(datagram)
    #expect(second == .rejected)
    let count = otherKey.counter("rejected_unknown_key")
    #expect(count == 1)
  }

  @Test("a change of any single bit is refused")
  func tampering() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let datagram = alice.seal(Self.hello, for: Identities.bob)
    for bit in 0..<datagram.count * 8 {
      var bent = datagram
      bent[bit / 8] ^= 1 << (bit % 8)
      let outcome = bob.open(bent)
      #expect(outcome == .rejected, "bit \(bit)")
    }
    // None of it cost the original its place in the window.
    let outcome = bob.open(datagram)
    #expect(outcome == .message(Identities.alice, Self.hello))
  }

  @Test("a truncated datagram of any length is refused")
  func truncated() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let datagram = alice.seal(Self.hello, for: Identities.bob)
    for count in 0..<datagram.count {
      let outcome = bob.open(Array(datagram[..<count]))
      #expect(outcome == .rejected)
    }
  }

  @Test("late datagrams are taken once while they are within the window, and not beyond it")
  func reordering() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let datagrams = (0..<1_000).map { alice.seal([UInt8($0 % 256)], for: Identities.bob) }
    _ = bob.open(datagrams[999])
    let late = bob.open(datagrams[50])
    #expect(late == .message(Identities.alice, [50]))
    let again = bob.open(datagrams[50])
    #expect(again == .rejected)
    let tooLate = bob.open(datagrams[20])
    #expect(tooLate == .rejected)
  }

  @Test("a stranger earns one challenge no longer than its datagram; its echo lets it in")
  func challenge() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    let datagram = alice.seal(Self.hello + Self.hello, for: Identities.bob)
    guard case .answered(let challenge) = bob.open(datagram) else {
      Issue.record("no challenge")
      return
    }
    #expect(challenge.count <= datagram.count)
    let second = bob.open(alice.seal(Self.hello, for: Identities.bob))
    #expect(second == .rejected)
    guard case .answered(let echo) = alice.open(challenge) else {
      Issue.record("no echo")
      return
    }
    let proved = bob.open(echo)
    #expect(proved == .proved(Identities.alice))
    let next = bob.open(alice.seal(Self.hello, for: Identities.bob))
    #expect(next == .message(Identities.alice, Self.hello))
    // An echo is good once; a recorded one proves nothing.
    let echoed = bob.open(echo)
    #expect(echoed == .rejected)
  }

  @Test("the smallest datagram of the protocol is long enough to be challenged")
  func shortestIsChallenged() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    let ack = alice.seal([UInt8](repeating: 2, count: DatagramHeader.byteCount), for: Identities.bob)
    guard case .answered(let challenge) = bob.open(ack) else {
      Issue.record("no challenge")
      return
    }
    #expect(challenge.count <= ack.count)
  }

  @Test("recordings under an old salt stay useless after the sender drew a new one")
  func newSalt() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    let recorded = alice.seal(Self.hello, for: Identities.bob)
    _ = bob.open(recorded)
    alice.sealed.setSalt(77)
    let fresh = alice.seal(Self.hello + Self.hello, for: Identities.bob)
    guard case .answered(let challenge) = bob.open(fresh), case .answered(let echo) = alice.open(challenge) else {
      Issue.record("the new salt was not challenged")
      return
    }
    let proved = bob.open(echo)
    #expect(proved == .proved(Identities.alice))
    let accepted = bob.open(alice.seal([1], for: Identities.bob))
    #expect(accepted == .message(Identities.alice, [1]))
    let replayed = bob.open(recorded)
    #expect(replayed == .rejected)
    bob.knows(Identities.alice, salt: 77)
    let stillReplayed = bob.open(recorded)
    #expect(stillReplayed == .rejected)
  }

  @Test("no nonce repeats: neither under one salt nor when the salt changes")
  func nonces() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var nonces: Set<[UInt8]> = []
    for salt in 1...3 as ClosedRange<UInt64> {
      alice.sealed.setSalt(salt)
      for _ in 0..<1_000 { nonces.insert(Array(alice.seal([], for: Identities.bob)[5..<29])) }
    }
    #expect(nonces.count == 3_000)
  }

  @Test("challenges and echoes are limited in number, however many ask")
  func rateLimit() throws {
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    var challenges = 0
    for stranger in 1...500 as ClosedRange<UInt64> {
      var sender = Sealer(NodeID(high: stranger, low: 1), key: try Identities.key())
      if case .answered = bob.open(sender.seal(Self.hello + Self.hello, for: Identities.bob)) { challenges += 1 }
    }
    #expect(challenges == Int(SealedDatagram.challengesPerSecond))
  }

  @Test("300,000 mutated datagrams neither trap nor get in")
  func mutations() throws {
    let seed: UInt64 = 7_946
    var random = PRNG(seed: seed)
    var alice = Sealer(Identities.alice, key: try Identities.key())
    var bob = try bobWhoKnowsAlice()
    var genuine = 0
    for _ in 0..<300_000 {
      let datagram = alice.seal(Self.hello, for: Identities.bob)
      var bent = datagram
      for _ in 0...random.below(2) {
        let position = random.below(bent.count)
        switch random.below(3) {
        case 0: bent[position] ^= UInt8(1 << random.below(8))
        case 1: bent.removeLast(random.below(bent.count - 1))
        default: bent.append(contentsOf: bent.prefix(random.below(9)))
        }
      }
      if case .message = bob.open(bent), bent != datagram { genuine += 1 }
    }
    #expect(genuine == 0, "seed \(seed)")
  }
}
