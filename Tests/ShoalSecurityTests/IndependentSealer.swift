import CSodium
import ShoalCore
import ShoalSecurity

/// Seals datagrams from docs/SECURITY.md alone, with nothing but libsodium: checks the layout, and makes datagrams that
/// a well-behaved node never sends.
struct IndependentSealer {
  var version: UInt8 = 1
  var channel: UInt8 = 0
  var sender = Identities.alice
  var receiver = Identities.bob
  var salt: UInt64 = 1
  var counter: UInt64 = 1
  var clusterID = "test"
  let key: [UInt8] = Array(0..<32)

  func seal(_ plaintext: [UInt8]) -> [UInt8] {
    let head = [version | channel << 4] + hash(key, personal: "shoal key id")[..<4]
    let nonce = bytes(sender.high) + bytes(salt) + bytes(counter)
    let associated =
      head + hash(Array(clusterID.utf8), personal: "shoal cluster")[..<16] + bytes(receiver.high) + bytes(receiver.low)
    var sealed = [UInt8](repeating: 0, count: plaintext.count + 16)
    _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
      &sealed, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonce, key)
    return head + nonce + sealed
  }

  func bytes(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) } }

  private func hash(_ input: [UInt8], personal: String) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    let name = Array(personal.utf8) + [UInt8](repeating: 0, count: 16 - personal.utf8.count)
    _ = unsafe crypto_generichash_blake2b_salt_personal(
      &output, 32, input, UInt64(input.count), nil, 0, [UInt8](repeating: 0, count: 16), name)
    return output
  }
}
