import CSodium

/// HMAC-SHA256 (RFC 2104) over a message in parts.
enum HMAC {
  static let outputBytes = 32

  static func sha256(key: [UInt8], _ parts: [[UInt8]]) -> [UInt8] {
    var state = crypto_auth_hmacsha256_state()
    var output = [UInt8](repeating: 0, count: outputBytes)
    unsafe crypto_auth_hmacsha256_init(&state, key, key.count)
    for part in parts { unsafe crypto_auth_hmacsha256_update(&state, part, UInt64(part.count)) }
    unsafe crypto_auth_hmacsha256_final(&state, &output)
    unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
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
