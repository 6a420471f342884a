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

  package static func hash(of bytes: [UInt8]) -> UInt64 { hash(of: bytes.rawSpan) }

  // Safe: bytes have no padding.
  package static func hash(of bytes: ArraySlice<UInt8>) -> UInt64 { hash(of: unsafe bytes.span.bytes) }

  /// The hash of bytes, folded eight at a time, then their number.
  package static func hash(of bytes: RawSpan) -> UInt64 {
    var hash: UInt64 = 0
    var offset = 0
    while offset + 8 <= bytes.byteCount {
      // Safe: the bounds are checked, here and below, and every bit pattern is an integer.
      hash = combine(hash, UInt64(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    var word: UInt64 = 0
    while offset < bytes.byteCount {
      word = word << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
      offset += 1
    }
    return combine(combine(hash, word), UInt64(bytes.byteCount))
  }
}
