/// A 64-bit hash that is the same in every process, build and version: it is part of the wire version.
///
/// Not for secrets and not against adversaries: whoever can choose its input already holds the cluster key.
package enum StableHash {
  /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves every output bit.
  package static func finalize(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Folds one more word into a running hash.
  package static func combine(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    finalize((hash ^ word) &+ 0x9E37_79B9_7F4A_7C15)
  }

  /// The hash of a text's UTF-8 bytes.
  package static func hash(of text: String) -> UInt64 { hash(of: Array(text.utf8)) }

  package static func hash(of bytes: [UInt8]) -> UInt64 { hash(of: bytes[...]) }

  /// The hash of bytes, folded eight at a time, then their number. Not generic: other modules would run it unspecialized.
  package static func hash(of bytes: ArraySlice<UInt8>) -> UInt64 {
    var hash: UInt64 = 0
    var word: UInt64 = 0
    var count: UInt64 = 0
    for byte in bytes {
      word = word << 8 | UInt64(byte)
      count += 1
      if count % 8 == 0 {
        hash = combine(hash, word)
        word = 0
      }
    }
    return combine(combine(hash, word), count)
  }
}
