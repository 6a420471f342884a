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
    let result = unsafe Self.withNonce(nonce) { nonce in
      unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
        &output, nil, nil, ciphertext, UInt64(ciphertext.count), associated, UInt64(associated.count), nonce,
        key.bytes)
    }
    guard result == 0 else { return nil }
    nonce += 1
    return output
  }

  /// Seals a message without associated data straight into the caller's memory, which holds it and `tagBytes` more.
  ///
  /// - Returns: how many bytes were written; nil when the memory is too short or the counter used up.
  mutating func seal(_ plaintext: RawSpan, into output: UnsafeMutableRawBufferPointer) -> Int? {
    let length = plaintext.byteCount + Self.tagBytes
    guard nonce < .max, output.count >= length, let base = output.baseAddress else { return nil }
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let result = unsafe plaintext.withUnsafeBytes { message in
      unsafe Self.withNonce(nonce) { nonce in
        // Safe: the output holds plaintext and tag.
        unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
          bytes, nil, message.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(message.count), nil, 0, nil,
          nonce, key.bytes)
      }
    }
    guard result == 0 else { return nil }
    nonce += 1
    return length
  }

  /// Opens a message without associated data in the memory it stands in.
  ///
  /// - Returns: how many bytes of plaintext stand at its beginning now; nil when it is not authentic, and the counter then stays.
  mutating func open(_ message: UnsafeMutableRawBufferPointer) -> Int? {
    guard nonce < .max, message.count >= Self.tagBytes, let base = message.baseAddress else { return nil }
    let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
    let result = unsafe Self.withNonce(nonce) { nonce in
      // Safe: the library allows the plaintext to take the place of the ciphertext, and it is shorter.
      unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
        bytes, nil, nil, bytes, UInt64(message.count), nil, 0, nonce, key.bytes)
    }
    guard result == 0 else { return nil }
    nonce += 1
    return message.count - Self.tagBytes
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
    _ = unsafe withNonce(nonce) { nonce in
      unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
        &output, nil, plaintext, UInt64(plaintext.count), associated, UInt64(associated.count), nil, nonce, key)
    }
    return output
  }

  /// Lends twelve bytes: 32 zero bits, then the counter, least significant byte first.
  private static func withNonce<Result>(_ nonce: UInt64, _ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    let words = (
      UInt32(0), UInt32(truncatingIfNeeded: nonce).littleEndian, UInt32(truncatingIfNeeded: nonce >> 32).littleEndian
    )
    return unsafe withUnsafePointer(to: words) { unsafe body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self)) }
  }
}
