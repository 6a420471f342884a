/// Why bytes could not be decoded. Nothing was changed by the attempt.
package enum WireError: Error, Hashable, Sendable {
  /// The bytes end before the value does.
  case truncated
  /// A value is outside its range, or a length contradicts what follows.
  case malformed
  /// A message type of no known version.
  case unknownType
}

/// Reads big-endian values from bytes that nobody vouches for. Never traps; every overrun is an error.
package struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  private var offset: Int
  private let end: Int

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) {
    self.bytes = bytes
    offset = 0
    end = bytes.byteCount
  }

  package var remaining: Int { end - offset }
  package var isAtEnd: Bool { offset >= end }

  @_lifetime(self: copy self)
  package mutating func readUInt8() throws(WireError) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    defer { offset += 1 }
    return byte(at: offset)
  }

  @_lifetime(self: copy self)
  package mutating func readUInt16() throws(WireError) -> UInt16 {
    UInt16(bigEndian: try readInteger())
  }

  @_lifetime(self: copy self)
  package mutating func readUInt32() throws(WireError) -> UInt32 {
    UInt32(bigEndian: try readInteger())
  }

  @_lifetime(self: copy self)
  package mutating func readUInt64() throws(WireError) -> UInt64 {
    UInt64(bigEndian: try readInteger())
  }

  @_lifetime(self: copy self)
  package mutating func readNodeID() throws(WireError) -> NodeID {
    NodeID(high: try readUInt64(), low: try readUInt64())
  }

  /// LEB128, at most ten bytes, in its shortest form only: one value has one encoding.
  @_lifetime(self: copy self)
  package mutating func readVarint() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try readUInt8()
      let bits = UInt64(byte & 0x7F)
      if shift == 63, bits > 1 { throw .malformed }
      value |= bits << shift
      if byte & 0x80 == 0 {
        if byte == 0, shift > 0 { throw .malformed }
        return value
      }
      shift += 7
      if shift > 63 { throw .malformed }
    }
  }

  /// A length that fits in what remains.
  @_lifetime(self: copy self)
  package mutating func readLength() throws(WireError) -> Int {
    let length = try readVarint()
    guard length <= UInt64(remaining) else { throw .truncated }
    return Int(length)
  }

  /// The next `count` bytes as a view of the same memory.
  @_lifetime(copy self)
  package mutating func readSpan(_ count: Int) throws(WireError) -> RawSpan {
    guard count >= 0, count <= remaining else { throw .truncated }
    let slice = bytes.extracting(offset..<offset + count)
    offset += count
    return slice
  }

  /// Valid UTF-8 without control characters, `limit` bytes at most.
  @_lifetime(self: copy self)
  package mutating func readString(limit: Int) throws(WireError) -> String {
    let text = try readText(limit: limit)
    // Safe: the buffer is the span, and the string copies it.
    return unsafe text.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of a string, which are valid UTF-8 without control characters, `limit` of them at most.
  @_lifetime(copy self)
  package mutating func readText(limit: Int) throws(WireError) -> RawSpan {
    let length = try readLength()
    guard length <= limit else { throw .malformed }
    let text = try readSpan(length)
    for position in 0..<length {
      // Safe: the position is below the span's count, and every bit pattern is a UInt8.
      let byte = unsafe text.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      if byte < 0x20 || byte == 0x7F { throw .malformed }
    }
    guard text.isValidUTF8 else { throw .malformed }
    return text
  }

  @_lifetime(self: copy self)
  private mutating func readInteger<Value: FixedWidthInteger & BitwiseCopyable>() throws(WireError) -> Value {
    guard remaining >= MemoryLayout<Value>.size else { throw .truncated }
    defer { offset += MemoryLayout<Value>.size }
    // Safe: `unsafeLoadUnaligned` checks the bounds, and every bit pattern is an integer.
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
  }

  /// Bounds-checked by the span itself; callers have compared with `remaining` already.
  private func byte(at position: Int) -> UInt8 {
    bytes.unsafeLoad(at: position)
  }
}

extension RawSpan {
  fileprivate var isValidUTF8: Bool {
    // Safe: the bytes are only read, and only while they are lent.
    unsafe withUnsafeBytes { bytes in
      // Most text is ASCII, which needs no copy to be told.
      if unsafe bytes.allSatisfy({ $0 < 0x80 }) { return true }
      return unsafe String(validating: bytes, as: UTF8.self) != nil
    }
  }

  fileprivate func unsafeLoad(at position: Int) -> UInt8 {
    // Safe: `unsafeLoad` checks the bounds, and every bit pattern is a UInt8.
    unsafe unsafeLoad(fromByteOffset: position, as: UInt8.self)
  }
}

extension [UInt8] {
  /// A view of these bytes, for as long as the array is not changed.
  package var rawSpan: RawSpan {
    @_lifetime(borrow self)
    get {
      // Safe: bytes have no padding, and the view keeps the array borrowed.
      unsafe span.bytes
    }
  }
}
