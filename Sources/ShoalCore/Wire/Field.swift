/// The tagged, length-prefixed tail of datagrams, frames and records: tag (1), length (varint), bytes.
package enum FieldTag {
  /// In datagrams and frames: one `Update`.
  package static let update: UInt8 = 1

  /// In a record: one tag as name and value, both strings. Sorted by name, at most `RecordLimits.tagCount`.
  package static let recordTag: UInt8 = 1
  /// In a record: the NodeID that its owner supersedes.
  package static let recordSupersedes: UInt8 = 2
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
    // Rare: make room for a longer length. A record is at most about 750 bytes.
    var prefix: [UInt8] = []
    prefix.writeVarint(UInt64(length))
    replaceSubrange(lengthAt...lengthAt, with: prefix)
  }
}
