/// A view, its living members in 256 buckets with a fingerprint each. It travels as a `CompactDigest`, from which two peers see in which
/// buckets they differ, so that they exchange only those.
package struct Digest: Equatable, Sendable {
  package static let bucketCount = 256

  private var sums: [Fingerprint]

  /// The digest of nobody.
  package init() { sums = Array(repeating: Fingerprint(), count: Self.bucketCount) }

  /// NodeIDs are random bits, so that their first eight spread members evenly.
  package static func bucket(of id: NodeID) -> Int { Int(id.high >> 56) }

  /// Where the members of a bucket lie on the ring.
  static func range(of bucket: Int) -> RingRange {
    RingRange(from: UInt32(bucket) << 24, to: UInt32(bucket) << 24 &+ 1 << 24)
  }

  package mutating func insert(_ record: Record) {
    sums[Self.bucket(of: record.id)].insert(Fingerprint.contribution(of: record))
  }

  mutating func remove(_ record: Record) {
    sums[Self.bucket(of: record.id)].remove(Fingerprint.contribution(of: record))
  }

  /// What travels of a bucket.
  private func word(_ bucket: Int, salt: UInt32) -> UInt16 {
    UInt16(truncatingIfNeeded: StableHash.combine(UInt64(salt), sums[bucket].value))
  }

  /// Writes what a `CompactDigest` reads.
  package func write(to bytes: inout [UInt8], salt: UInt32) {
    bytes.write(salt)
    for bucket in sums.indices { bytes.write(word(bucket, salt: salt)) }
  }

  /// Reads a digest and says where it differs from this one.
  func differences(from reader: inout ByteReader) throws(WireError) -> BucketSet {
    let salt = try reader.readUInt32()
    var set = BucketSet()
    for bucket in sums.indices where try reader.readUInt16() != word(bucket, salt: salt) { set.insert(bucket) }
    return set
  }

  /// Says where another one differs from this one.
  package func differences(from other: CompactDigest) -> BucketSet {
    var set = BucketSet()
    for bucket in sums.indices where other.words[bucket] != word(bucket, salt: other.salt) { set.insert(bucket) }
    return set
  }

  /// - Parameter salt: another one each time.
  package func compact(salt: UInt32) -> CompactDigest {
    CompactDigest(salt: salt, words: sums.indices.map { word($0, salt: salt) })
  }
}

/// A digest as it travels, in 516 bytes: a salt, and 16 bits of each bucket's fingerprint.
///
/// A difference hides with one chance in 65,536, which in a large cluster is often. So every one has a salt of its own, which decides what
/// hides: what is not seen this time is seen the next time, though nothing else changes.
package struct CompactDigest: Equatable, Sendable {
  package let salt: UInt32
  package let words: [UInt16]

  init(salt: UInt32, words: [UInt16]) {
    self.salt = salt
    self.words = words
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    salt = try reader.readUInt32()
    var words: [UInt16] = []
    words.reserveCapacity(Digest.bucketCount)
    for _ in 0..<Digest.bucketCount { words.append(try reader.readUInt16()) }
    self.words = words
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(salt)
    for word in words { bytes.write(word) }
  }
}

/// Some of the 256 buckets: 32 bytes, the first bucket in the highest bit.
package struct BucketSet: Equatable, Sendable, BitwiseCopyable {
  package static let byteCount = 32

  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var third: UInt64 = 0
  private var fourth: UInt64 = 0

  package init() {}

  package init(from reader: inout ByteReader) throws(WireError) {
    first = try reader.readUInt64()
    second = try reader.readUInt64()
    third = try reader.readUInt64()
    fourth = try reader.readUInt64()
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(first)
    bytes.write(second)
    bytes.write(third)
    bytes.write(fourth)
  }

  package var isEmpty: Bool { first | second | third | fourth == 0 }
  package var count: Int {
    first.nonzeroBitCount + second.nonzeroBitCount + third.nonzeroBitCount + fourth.nonzeroBitCount
  }

  package func contains(_ bucket: Int) -> Bool {
    let word =
      switch bucket >> 6 {
      case 0: first
      case 1: second
      case 2: third
      default: fourth
      }
    return word & Self.bit(bucket) != 0
  }

  package mutating func insert(_ bucket: Int) {
    switch bucket >> 6 {
    case 0: first |= Self.bit(bucket)
    case 1: second |= Self.bit(bucket)
    case 2: third |= Self.bit(bucket)
    default: fourth |= Self.bit(bucket)
    }
  }

  private static func bit(_ bucket: Int) -> UInt64 { 1 << UInt64(63 - bucket & 63) }
}
