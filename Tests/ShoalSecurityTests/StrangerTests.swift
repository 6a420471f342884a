import ShoalCore
import ShoalSecurity
import Testing

/// Who has to prove itself, how, and what that costs.
@Suite("Strangers and salts")
struct StrangerTests {
  private static let hello = [UInt8](repeating: 7, count: 20)

  private func alice(salt: UInt64 = 1) throws -> Sealer {
    Sealer(Identities.alice, key: try Identities.key(), salt: salt)
  }

  private func bob(knowing salt: UInt64? = nil, isLiving: Bool = true) throws -> Sealer {
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    if let salt { bob.knows(Identities.alice, salt: salt, isLiving: isLiving) }
    return bob
  }

  /// One datagram of the stranger's, a challenge, its echo. False when any of them did not happen.
  private func prove(_ stranger: inout Sealer, to bob: inout Sealer) -> Bool {
    bob.now.monotonic.nanoseconds += 1_000_000_000
    guard case .answered(let challenge) = bob.open(stranger.seal(Self.hello, for: bob.id)),
      case .answered(let echo) = stranger.open(challenge)
    else { return false }
    return bob.open(echo) == .proved(stranger.id)
  }

  @Test("what was sealed before the proof is not taken after it")
  func beforeProof() throws {
    var alice = try alice()
    var bob = try bob()
    let recorded = (0..<5).map { _ in alice.seal(Self.hello, for: Identities.bob) }
    let isProved = prove(&alice, to: &bob)
    #expect(isProved)
    for datagram in recorded {
      let outcome = bob.open(datagram)
      #expect(outcome == .rejected)
    }
  }

  @Test("a member that is taken for dead is heard at its first word, and no recording of it twice")
  func departed() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1, isLiving: false)
    let refutation = alice.seal(Self.hello, for: Identities.bob)
    let first = bob.open(refutation)
    #expect(first == .message(Identities.alice, Self.hello))
    let again = bob.open(refutation)
    #expect(again == .rejected)
  }

  @Test("what was seen of a member stays seen while it is taken for dead, and when it is back")
  func tombstone() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    let recorded = alice.seal([1], for: Identities.bob)
    _ = bob.open(recorded)
    for isLiving in [false, true] {
      bob.knows(Identities.alice, salt: 1, isLiving: isLiving)
      let outcome = bob.open(recorded)
      #expect(outcome == .rejected)
    }
    let outcome = bob.open(alice.seal([2], for: Identities.bob))
    #expect(outcome == .message(Identities.alice, [2]))
  }

  @Test("a member that was reaped has to prove itself")
  func reaped() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    let recorded = alice.seal([1], for: Identities.bob)
    _ = bob.open(recorded)
    bob.sealed.forget(Identities.alice)
    bob.known = [:]
    let outcome = bob.open(recorded)
    #expect(outcome == .rejected)
    let isProved = prove(&alice, to: &bob)
    #expect(isProved)
  }

  @Test("a member that was reaped, and is known again by its record, has to prove itself all the same")
  func reapedAndKnownAgain() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    let recorded = (1...5).map { alice.seal([$0], for: Identities.bob) }
    for datagram in recorded { _ = bob.open(datagram) }
    bob.sealed.forget(Identities.alice)
    bob.knows(Identities.alice, salt: 1, isNeverForgotten: false)
    for datagram in recorded {
      if case .message = bob.open(datagram) { Issue.record("a recording was taken twice") }
    }
    bob.now.monotonic = bob.now.monotonic + .seconds(10)
    let isProved = prove(&alice, to: &bob)
    #expect(isProved)
    for datagram in recorded {
      let outcome = bob.open(datagram)
      #expect(outcome == .rejected)
    }
    let outcome = bob.open(alice.seal([9], for: Identities.bob))
    #expect(outcome == .message(Identities.alice, [9]))
  }

  @Test("what was under way when the salt changed still arrives, once")
  func underWay() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    _ = bob.open(alice.seal([1], for: Identities.bob))
    let underWay = alice.seal([2], for: Identities.bob)
    alice.sealed.setSalt(77)
    bob.knows(Identities.alice, salt: 77)
    let first = bob.open(alice.seal([3], for: Identities.bob))
    #expect(first == .message(Identities.alice, [3]))
    let late = bob.open(underWay)
    #expect(late == .message(Identities.alice, [2]))
    let again = bob.open(underWay)
    #expect(again == .rejected)
  }

  @Test("a record that lags behind a proved salt does not reopen what was seen under the old one")
  func laggingRecord() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    let recorded = alice.seal([1], for: Identities.bob)
    _ = bob.open(recorded)
    for salt in [77, 78] as [UInt64] {
      alice.sealed.setSalt(salt)
      let isProved = prove(&alice, to: &bob)
      #expect(isProved)
    }
    let outcome = bob.open(recorded)
    #expect(outcome == .rejected)
    let count = bob.counter("rejected_replayed")
    #expect(count == 1)
  }

  @Test("a member may change its salt as often as it likes without using up room for others")
  func manySalts() throws {
    var alice = try alice()
    var bob = try bob(knowing: 1)
    var heard = 0
    let rounds = SealedDatagram.senderLimit + 10
    for salt in 2..<UInt64(rounds + 2) {
      alice.sealed.setSalt(salt)
      bob.knows(Identities.alice, salt: salt)
      if bob.open(alice.seal([1], for: Identities.bob)) == .message(Identities.alice, [1]) { heard += 1 }
    }
    #expect(heard == rounds)
  }

  @Test("the salt in use cannot be set again: its counter goes on")
  func sameSalt() throws {
    var alice = try alice(salt: 5)
    let first = alice.seal([], for: Identities.bob)
    alice.sealed.setSalt(5)
    let second = alice.seal([], for: Identities.bob)
    #expect(first[5..<29] != second[5..<29])
  }

  @Test("a challenge is answered once, and only to whom this node has sent something or knows")
  func unasked() throws {
    var alice = try alice()
    var carol = Sealer(Identities.carol, key: try Identities.key(), salt: 3)
    // Carol challenges a datagram that Alice sealed for her; a copy of Alice that never sent it has no cause to answer.
    var copy = try self.alice(salt: 9)
    guard case .answered(let challenge) = carol.open(alice.seal(Self.hello, for: Identities.carol)) else {
      Issue.record("no challenge")
      return
    }
    let unasked = copy.open(challenge)
    #expect(unasked == .rejected)
    alice.knows(Identities.carol, salt: 3)
    _ = alice.open(carol.seal([1], for: Identities.alice))
    guard case .answered(let echo) = alice.open(challenge) else {
      Issue.record("no echo")
      return
    }
    #expect(echo.count <= challenge.count)
    let again = alice.open(challenge)
    #expect(again == .rejected)
    let proved = carol.open(echo)
    #expect(proved == .proved(Identities.alice))
  }

  @Test("an echo that comes too late proves nothing")
  func lateEcho() throws {
    var alice = try alice()
    var bob = try bob()
    guard case .answered(let challenge) = bob.open(alice.seal(Self.hello, for: Identities.bob)),
      case .answered(let echo) = alice.open(challenge)
    else {
      Issue.record("no echo")
      return
    }
    bob.now.monotonic.nanoseconds += 3_100_000_000
    let outcome = bob.open(echo)
    #expect(outcome == .rejected)
  }

  @Test("a salt that was used up is not opened again by a record that comes late")
  func lateRecord() throws {
    var alice = try alice(salt: 1)
    var bob = try bob(knowing: 1)
    _ = bob.open(alice.seal([1], for: Identities.bob))
    alice.sealed.setSalt(2)
    let isProved = prove(&alice, to: &bob)
    #expect(isProved)
    let recorded = alice.seal([2], for: Identities.bob)
    let taken = bob.open(recorded)
    #expect(taken == .message(Identities.alice, [2]))
    alice.sealed.setSalt(3)
    let isProvedAgain = prove(&alice, to: &bob)
    #expect(isProvedAgain)
    // The record with the second salt comes only now, and would vouch for it; then the one with the third.
    for salt in [2, 3] as [UInt64] {
      bob.knows(Identities.alice, salt: salt)
      let outcome = bob.open(recorded)
      if case .message = outcome { Issue.record("taken twice, by the record with salt \(salt)") }
    }
    let next = bob.open(alice.seal([3], for: Identities.bob))
    #expect(next == .message(Identities.alice, [3]))
  }

  /// Whether Bob takes a datagram of one of many senders, whose record has this salt.
  private func hears(_ number: Int, salt: UInt64, counter: UInt64, at bob: inout Sealer) -> (Bool, [UInt8]) {
    let sender = NodeID(high: UInt64(number) << 1 | 1, low: 1)
    var sealer = IndependentSealer()
    sealer.sender = sender
    sealer.salt = salt
    sealer.counter = counter
    bob.knows(sender, salt: salt)
    let datagram = sealer.seal([UInt8(number)])
    return (bob.open(datagram) == .message(sender, [UInt8(number)]), datagram)
  }

  @Test("nothing is taken twice when more senders are heard than have whole windows, also under the salt before")
  func windowsGoRound() throws {
    var bob = try bob()
    var recorded: [[UInt8]] = []
    for (salt, counters) in [(1, 10...12), (2, 1...2)] as [(UInt64, ClosedRange<UInt64>)] {
      for counter in counters {
        for number in 1...100 {
          let (isTaken, datagram) = hears(number, salt: salt, counter: counter, at: &bob)
          #expect(isTaken)
          recorded.append(datagram)
        }
      }
      // One was overtaken by what came from a hundred others: refused, seen or not.
      let (isTaken, _) = hears(1, salt: salt, counter: 0, at: &bob)
      #expect(!isTaken)
    }
    for datagram in recorded {
      let outcome = bob.open(datagram)
      if case .message = outcome { Issue.record("taken twice") }
    }
  }

  @Test("when the table is full, newcomers are refused until someone has gone")
  func full() throws {
    var bob = try bob()
    func arrive(_ number: UInt64, at bob: inout Sealer) -> Bool {
      let sender = NodeID(high: number << 1 | 1, low: 1)
      var sealer = IndependentSealer()
      sealer.sender = sender
      bob.knows(sender, salt: 1)
      return bob.open(sealer.seal([1])) == .message(sender, [1])
    }
    let limit = UInt64(SealedDatagram.senderLimit)
    var admitted = 0
    for number in 1...limit where arrive(number, at: &bob) { admitted += 1 }
    #expect(admitted == SealedDatagram.senderLimit)
    let refused = arrive(limit + 1, at: &bob)
    #expect(!refused)
    let count = bob.counter("rejected_windows_full")
    #expect(count == 1)
    for number in 1...10 as ClosedRange<UInt64> { bob.known[number << 1 | 1] = nil }
    bob.now.monotonic.nanoseconds += 2_000_000_000
    for number in limit + 2...limit + 11 {
      let isAdmitted = arrive(number, at: &bob)
      #expect(isAdmitted)
    }
    let over = arrive(limit + 12, at: &bob)
    #expect(!over)
  }
}
