/// Writing big-endian values at the end of a reusable arena. Nothing allocates once the arena is warm.
extension [UInt8] {
  package mutating func write(_ value: UInt8) { append(value) }

  package mutating func write(_ value: UInt16) { writeBigEndian(UInt64(value), bytes: 2) }

  package mutating func write(_ value: UInt32) { writeBigEndian(UInt64(value), bytes: 4) }

  package mutating func write(_ value: UInt64) { writeBigEndian(value, bytes: 8) }

  package mutating func write(_ id: NodeID) {
    write(id.high)
    write(id.low)
  }

  /// LEB128: seven bits a byte, least significant first.
  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func writeString(_ text: String) {
    writeVarint(UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  package mutating func write(_ span: RawSpan) {
    for position in 0..<span.byteCount {
      // Safe: the position is below the span's count, and every bit pattern is a UInt8.
      append(unsafe span.unsafeLoad(fromByteOffset: position, as: UInt8.self))
    }
  }

  private mutating func writeBigEndian(_ value: UInt64, bytes: Int) {
    for shift in stride(from: (bytes - 1) * 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}
