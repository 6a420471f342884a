import ShoalCore
import ShoalSecurity
import Testing

/// The layout that docs/SECURITY.md describes, written a second time with libsodium alone.
@Suite("Wire layout of sealed datagrams")
struct WireLayoutTests {
  private func bob() throws -> Sealer {
    var bob = Sealer(Identities.bob, key: try Identities.key(), salt: 2)
    bob.knows(Identities.alice, salt: 1)
    return bob
  }

  @Test("both ways of writing a datagram give the same bytes")
  func same() throws {
    var alice = Sealer(Identities.alice, key: try Identities.key())
    let plaintext = Array("hello, shoal".utf8)
    #expect(alice.seal(plaintext, for: Identities.bob) == IndependentSealer().seal(plaintext))
  }

  @Test("the last counters of the range are taken once each, and nothing traps")
  func lastCounters() throws {
    var bob = try bob()
    for counter in [.max - 1, .max] as [UInt64] {
      let datagram = IndependentSealer(counter: counter).seal([1])
      let outcome = bob.open(datagram)
      #expect(outcome == .message(Identities.alice, [1]))
      let again = bob.open(datagram)
      #expect(again == .rejected)
    }
    let low = bob.open(IndependentSealer(counter: 0).seal([1]))
    #expect(low == .rejected)
  }

  @Test("another version is refused, and so is a channel that nobody knows", arguments: 0...15 as ClosedRange<UInt8>)
  func version(number: UInt8) throws {
    var bob = try bob()
    if number != 1 {
      let outcome = bob.open(IndependentSealer(version: number).seal([1]))
      #expect(outcome == .rejected)
      let count = bob.counter("rejected_unknown_version")
      #expect(count == 1)
    }
    guard number > 2 else { return }
    let outcome = bob.open(IndependentSealer(channel: number).seal([1]))
    #expect(outcome == .rejected)
  }

  @Test("challenges and echoes that nobody asked for, of any length, change nothing")
  func unasked() throws {
    var bob = try bob()
    for channel in [1, 2] as [UInt8] {
      for length in 0...40 {
        var sealer = IndependentSealer(channel: channel, counter: UInt64(length))
        if channel == 1 { sealer.receiver = NodeID(high: Identities.bob.high, low: 0) }
        let outcome = bob.open(sealer.seal([UInt8](repeating: 0, count: length)))
        // Alice is a member: a challenge of hers is answered, in no more bytes than it has.
        if channel == 1, length == 16 {
          guard case .answered(let echo) = outcome else {
            Issue.record("no echo")
            continue
          }
          #expect(echo.count <= 45 + length)
        } else {
          #expect(outcome == .rejected)
        }
      }
    }
  }
}
