/// The tagged, length-prefixed tail of datagrams, frames and records: tag (1), length (varint), bytes.
package enum FieldTag {
  /// In datagrams and frames: one `Update`.
  package static let update: UInt8 = 1
  /// In datagrams: one `RecordChange`.
  package static let change: UInt8 = 3
  /// In a redirect: one member to ask instead, NodeID (16) and endpoint.
  package static let target: UInt8 = 2
  /// In a hello: the hash of the newcomer's policy of coordination (8); absent when it takes no part in it.
  package static let policy: UInt8 = 4

  /// In a record: one tag as name and value, both strings. Sorted by name, at most `RecordLimits.tagCount`.
  package static let recordTag: UInt8 = 1
  /// In a record: the NodeID that its owner supersedes.
  package static let recordSupersedes: UInt8 = 2
  /// In a record: the `MetadataStamp` of its owner's metadata; absent while it never had any.
  package static let recordMetadata: UInt8 = 3
  /// In a record: the `ReignClaim` of its owner; absent while it does not coordinate.
  package static let recordReign: UInt8 = 4
  /// In a record: the `MemberFlags` of its owner (1); absent while it has none.
  package static let recordFlags: UInt8 = 5
}

extension [UInt8] {
  /// Appends one field whose bytes `body` writes. The length takes two bytes when `body` needs more than 127.
  package mutating func writeField(_ tag: UInt8, _ body: (inout [UInt8]) -> Void) {
    write(tag)
    let lengthAt = count
    append(0)
    let start = count
    body(&self)
    let length = count - start
    guard length >= 0x80 else {
      self[lengthAt] = UInt8(length)
      return
    }
    // Make room for a longer length, byte by byte, without an array in between. A record is at most about 750 bytes.
    var rest = UInt64(length)
    var position = lengthAt
    while rest >= 0x80 {
      insert(UInt8(truncatingIfNeeded: rest) | 0x80, at: position)
      position += 1
      rest >>= 7
    }
    self[position] = UInt8(truncatingIfNeeded: rest)
  }
}
