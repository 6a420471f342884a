/// HKDF with HMAC-SHA256 (RFC 5869), built from libsodium's HMAC: version 1.0.18 has none of its own.
package enum HKDF {
  package static func extract(salt: [UInt8], inputKey: [UInt8]) -> [UInt8] { HMAC.sha256(key: salt, [inputKey]) }

  /// Output of up to 255 blocks of 32 bytes; a longer demand is cut to that.
  package static func expand(_ key: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    var output: [UInt8] = []
    // In one piece, so that growing leaves no copy of the secret behind.
    output.reserveCapacity(count + HMAC.outputBytes)
    var block: [UInt8] = []
    var index: UInt8 = 0
    while output.count < count, index < .max {
      index += 1
      var next = HMAC.sha256(key: key, [block, info, [index]])
      swap(&block, &next)
      Sodium.wipe(&next)
      output.append(contentsOf: block)
    }
    Sodium.wipe(&block)
    output.removeLast(max(0, output.count - count))
    return output
  }

  /// What Noise calls HKDF: extract and expand with no info, in blocks of 32 bytes (rev. 34 §4.3). Leaves no copy.
  static func blocks(_ count: Int, chainingKey: [UInt8], inputKey: [UInt8]) -> [WipedBytes] {
    var key = extract(salt: chainingKey, inputKey: inputKey)
    var output = expand(key, info: [], count: count * HMAC.outputBytes)
    defer {
      Sodium.wipe(&key)
      Sodium.wipe(&output)
    }
    return (0..<count).map { WipedBytes(Array(output[$0 * HMAC.outputBytes..<($0 + 1) * HMAC.outputBytes])) }
  }
}
