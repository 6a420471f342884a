/// Writing big-endian values at the end of a reusable arena. Nothing allocates once the arena is warm.
extension [UInt8] {
  package mutating func write(_ value: UInt8) { append(value) }

  package mutating func write(_ value: UInt16) { writeBytes(of: value.bigEndian) }

  package mutating func write(_ value: UInt32) { writeBytes(of: value.bigEndian) }

  package mutating func write(_ value: UInt64) { writeBytes(of: value.bigEndian) }

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
    // Safe: the bytes are only read, and only while they are lent.
    unsafe span.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  private mutating func writeBytes(of value: some FixedWidthInteger & BitwiseCopyable) {
    // Safe: the bytes are only read, and only while they are lent.
    unsafe Swift.withUnsafeBytes(of: value) { unsafe append(contentsOf: $0) }
  }
}
