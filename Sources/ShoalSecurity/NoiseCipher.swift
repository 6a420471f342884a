import CSodium

/// Noise's CipherState (rev. 34 §5.1) with ChaCha20-Poly1305: a key and a counter.
package struct NoiseCipher: ~Copyable {
  static let tagBytes = 16
  private var key: WipedBytes
  private var nonce: UInt64 = 0

  package init(key: WipedBytes) { self.key = key }

  /// How many messages have passed.
  var count: UInt64 { nonce }

  /// Nil when the counter is used up.
  package mutating func encrypt(_ plaintext: [UInt8], associated: [UInt8]) -> [UInt8]? {
    guard nonce < .max else { return nil }
    defer { nonce += 1 }
    return Self.encrypt(key: key.bytes, nonce: nonce, plaintext, associated: associated)
  }

  /// Nil when the message is not authentic; the counter then stays.
  package mutating func decrypt(_ ciphertext: [UInt8], associated: [UInt8]) -> [UInt8]? {
    guard nonce < .max, ciphertext.count >= Self.tagBytes else { return nil }
    var output = [UInt8](repeating: 0, count: ciphertext.count - Self.tagBytes)
    let result = unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
      &output, nil, nil, ciphertext, UInt64(ciphertext.count), associated, UInt64(associated.count),
      Self.nonceBytes(nonce), key.bytes)
    guard result == 0 else { return nil }
    nonce += 1
    return output
  }

  /// Replaces the key by one that does not lead back to it (§4.2); the counter goes on.
  package mutating func rekey() {
    let zeros = [UInt8](repeating: 0, count: 32)
    var output = Self.encrypt(key: key.bytes, nonce: .max, zeros, associated: [])
    key = WipedBytes(Array(output[..<32]))
    Sodium.wipe(&output)
  }

  private static func encrypt(key: [UInt8], nonce: UInt64, _ plaintext: [UInt8], associated: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: plaintext.count + tagBytes)
    _ = unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
      &output, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonceBytes(nonce),
      key)
    return output
  }

  /// 32 zero bits, then the counter, least significant byte first.
  private static func nonceBytes(_ nonce: UInt64) -> [UInt8] {
    [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: nonce >> (8 * $0)) }
  }
}
