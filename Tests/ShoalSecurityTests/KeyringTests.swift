import ShoalSecurity
import Testing

@Suite("Keyring")
struct KeyringTests {
  @Test("the first key seals, each one opens")
  func order() throws {
    let (old, new) = (try Identities.key(), try ClusterKey.generate())
    var alice = Sealer(Identities.alice, key: old)
    var bob = Sealer(Identities.bob, keyring: try Keyring([new, old]), salt: 2)
    bob.knows(Identities.alice, salt: 1)
    let outcome = bob.open(alice.seal([1, 2], for: Identities.bob))
    #expect(outcome == .message(Identities.alice, [1, 2]))
    alice.knows(Identities.bob, salt: 2)
    let answer = alice.open(bob.seal([3], for: Identities.alice))
    #expect(answer == .rejected)
    let count = alice.counter("rejected_unknown_key")
    #expect(count == 1)
  }

  @Test("two keys with the same id are refused: a packet could not say which it means")
  func collision() throws {
    let first = try ClusterKey(base64: "sxllw/qRglFDrVWu2/25hmtZzolNpth3Hf/PuDkbadg=")
    let second = try ClusterKey(base64: "RsMjvdcOgpW0q01YKYEpGNeY3CaNko1Q+P6hVEKIsXQ=")
    #expect(first.id == second.id)
    let error = #expect(throws: KeyError.self) { try Keyring([first, second]) }
    #expect(error?.message.contains("00a77dd2") == true)
  }

  @Test("a keyring without a key is refused")
  func empty() {
    #expect(throws: KeyError.self) { try Keyring([]) }
  }
}
