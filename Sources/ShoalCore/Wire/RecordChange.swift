/// A newer version of a record, told as what differs from an older one: for those who hold that one, in a third of the bytes.
///
/// | bytes | field |
/// |---|---|
/// | 16 | NodeID of the subject |
/// | varint | incarnation of the newer version |
/// | varint | how much lower that of the older version is, at least 1 |
/// | varint | how many bytes of the older body stay |
/// | rest | what follows them in the newer body |
///
/// Whoever does not hold the older version skips it, and gets the record by repair.
package struct RecordChange: ~Escapable {
  package let claim: Update.Claim
  /// The incarnation of the version that it builds upon.
  package let base: UInt64
  package let kept: UInt64
  package let rest: RawSpan

  @_lifetime(copy bytes)
  package init(from bytes: RawSpan) throws(WireError) {
    var reader = ByteReader(bytes)
    let id = try reader.readNodeID()
    let incarnation = try reader.readVarint()
    let distance = try reader.readVarint()
    guard id != .unknown, distance >= 1, distance <= incarnation else { throw .malformed }
    claim = Update.Claim(id: id, incarnation: incarnation)
    base = incarnation - distance
    kept = try reader.readVarint()
    rest = try reader.readSpan(reader.remaining)
  }

  /// The body of the newer version; nil when `older` is not what it builds upon.
  package func body(from older: Record) -> [UInt8]? {
    guard older.id == claim.id, older.incarnation == base, kept <= UInt64(older.body.count) else { return nil }
    var body: [UInt8] = []
    body.reserveCapacity(Int(kept) + rest.byteCount)
    body.append(contentsOf: older.body.prefix(Int(kept)))
    body.write(rest)
    return body
  }

  /// Writes what turns one version into the other.
  package static func write(from older: Record, to newer: Record, into bytes: inout [UInt8]) {
    var kept = 0
    for (old, new) in zip(older.body, newer.body) {
      guard old == new else { break }
      kept += 1
    }
    bytes.write(newer.id)
    bytes.writeVarint(newer.incarnation)
    bytes.writeVarint(newer.incarnation - older.incarnation)
    bytes.writeVarint(UInt64(kept))
    bytes.append(contentsOf: newer.body.dropFirst(kept))
  }
}

/// One field as it came in: its tag, and its bytes.
package struct ReceivedField: ~Escapable {
  package let tag: UInt8
  package let bytes: RawSpan

  @_lifetime(copy bytes)
  init(tag: UInt8, bytes: RawSpan) {
    self.tag = tag
    self.bytes = bytes
  }
}

extension ByteReader {
  /// Reads the next field, whatever it is; nil at the end.
  @_lifetime(copy self)
  package mutating func nextField() throws(WireError) -> ReceivedField? {
    guard !isAtEnd else { return nil }
    let tag = try readUInt8()
    let length = try readLength()
    return ReceivedField(tag: tag, bytes: try readSpan(length))
  }
}
