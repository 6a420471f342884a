import CSodium

/// HKDF with HMAC-SHA256 (RFC 5869), built from libsodium's HMAC: version 1.0.18 has none of its own.
package enum HKDF {
  package static func extract(salt: [UInt8], inputKey: [UInt8]) -> [UInt8] { HMAC.sha256(key: salt, inputKey) }

  /// Output of up to 255 blocks of 32 bytes.
  package static func expand(_ key: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    var output: [UInt8] = []
    var block: [UInt8] = []
    var index: UInt8 = 0
    while output.count < count, index < .max {
      index += 1
      block = HMAC.sha256(key: key, block + info + [index])
      output.append(contentsOf: block)
    }
    return Array(output.prefix(count))
  }
}

enum HMAC {
  static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var state = crypto_auth_hmacsha256_state()
    var output = [UInt8](repeating: 0, count: 32)
    unsafe crypto_auth_hmacsha256_init(&state, key, key.count)
    unsafe crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
    unsafe crypto_auth_hmacsha256_final(&state, &output)
    return output
  }
}

enum SHA256 {
  static func hash(_ message: [UInt8]) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    _ = unsafe crypto_hash_sha256(&output, message, UInt64(message.count))
    return output
  }
}
