/// Members in four bytes each: salted hashes of their NodeIDs and incarnations, from which a peer sees whom it lacks and who is lacked.
///
/// | bytes | means |
/// |---|---|
/// | 4 | the salt |
/// | varint | how many |
/// | 4 each | the hashes |
///
/// Two members whose hashes are equal are taken for one; the next comparison has another salt.
package struct Outlines: Equatable, Sendable {
  package let salt: UInt32
  /// In ascending order.
  package private(set) var hashes: [UInt32]

  package init(salt: UInt32, of members: [UInt32]) {
    self.salt = salt
    hashes = members.sorted()
  }

  private init(salt: UInt32, sorted hashes: [UInt32]) {
    self.salt = salt
    self.hashes = hashes
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    salt = try reader.readUInt32()
    let count = try reader.readVarint()
    guard count <= UInt64(reader.remaining / Self.bytesPerMember) else { throw .truncated }
    var hashes: [UInt32] = []
    hashes.reserveCapacity(Int(count))
    for _ in 0..<count { hashes.append(try reader.readUInt32()) }
    self.hashes = hashes.sorted()
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(salt)
    bytes.writeVarint(UInt64(hashes.count))
    for hash in hashes { bytes.write(hash) }
  }

  /// What stands for a member under a salt.
  package static func hash(of record: Record, salt: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: StableHash.combine(UInt64(salt), Fingerprint.contribution(of: record)))
  }

  package func contains(_ record: Record) -> Bool { contains(Self.hash(of: record, salt: salt)) }

  private func contains(_ hash: UInt32) -> Bool {
    var low = 0
    var high = hashes.count
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low < hashes.count && hashes[low] == hash
  }

  /// Those of which another collection under the same salt has none.
  package func subtracting(_ other: Outlines) -> Outlines {
    Outlines(salt: salt, sorted: hashes.filter { !other.contains($0) })
  }

  /// So many of them, which are as good as drawn: another salt puts others first.
  func prefix(_ count: Int) -> Outlines { Outlines(salt: salt, sorted: Array(hashes.prefix(count))) }

  /// At most so many are asked for at once: so many records of the usual size fit in a datagram.
  static let wantedLimit = 20
  /// In a mass join one in so many of the buckets that differ must fit; else a stream is due all the same.
  static let smallestShare = 16
  static let bytesPerMember = 4
  /// The salt and the longest count that fits in a datagram.
  static let headBytes = 4 + 3
}
