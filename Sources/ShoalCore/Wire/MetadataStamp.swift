/// Which bytes a member's metadata are: all that its record says of them. The bytes themselves are pulled.
///
/// | bytes | field |
/// |---|---|
/// | varint | version: 1 for the first, one more with each change |
/// | varint | length of the bytes, at most 2³² - 1; 0 when there are none any more |
/// | 8 | hash of the bytes: their `StableHash` |
///
/// Bytes behind these are fields of later versions and are skipped.
package struct MetadataStamp: Hashable, Sendable, BitwiseCopyable {
  package let version: UInt64
  package let hash: UInt64
  /// In bytes. May exceed `MetadataLimits.bytes` when a later version wrote it; such metadata is not pulled.
  package let length: UInt32

  /// Stamps bytes of this node's own.
  package init(version: UInt64, of bytes: [UInt8]) {
    self.version = version
    hash = StableHash.hash(of: bytes)
    length = UInt32(clamping: bytes.count)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    version = try reader.readVarint()
    let length = try reader.readVarint()
    guard version >= 1, length <= UInt64(UInt32.max) else { throw .malformed }
    self.length = UInt32(length)
    hash = try reader.readUInt64()
  }

  func write(to bytes: inout [UInt8]) {
    bytes.writeVarint(version)
    bytes.writeVarint(UInt64(length))
    bytes.write(hash)
  }

  /// Whether these are the bytes that it speaks of.
  func matches(_ bytes: [UInt8]) -> Bool { bytes.count == Int(length) && StableHash.hash(of: bytes) == hash }
}

/// Asks for a part of a member's metadata.
package struct MetadataRequest: Hashable, Sendable, BitwiseCopyable {
  /// Whose metadata.
  package var owner: NodeID
  /// Exactly this version: the asker knows no other one's hash.
  package var version: UInt64
  /// How much of it is here already, in bytes.
  package var offset: UInt32
  /// Whether to wait, when the peer is being sent it itself.
  package var mayWait: Bool

  package init(owner: NodeID, version: UInt64, offset: UInt32, mayWait: Bool) {
    self.owner = owner
    self.version = version
    self.offset = offset
    self.mayWait = mayWait
  }

  init(from reader: inout ByteReader) throws(WireError) {
    owner = try reader.readNodeID()
    version = try reader.readUInt64()
    offset = try reader.readUInt32()
    mayWait = try reader.readUInt8() & 1 == 1
  }

  func write(to bytes: inout [UInt8]) {
    bytes.write(owner)
    bytes.write(version)
    bytes.write(offset)
    bytes.write(mayWait ? 1 : 0 as UInt8)
  }
}

/// Where a chunk belongs; its bytes follow.
package struct MetadataChunk: Hashable, Sendable, BitwiseCopyable {
  package var version: UInt64
  /// Of all the metadata, in bytes.
  package var length: UInt32
  /// Where this chunk begins.
  package var offset: UInt32

  package init(version: UInt64, length: UInt32, offset: UInt32) {
    self.version = version
    self.length = length
    self.offset = offset
  }

  init(from reader: inout ByteReader) throws(WireError) {
    version = try reader.readUInt64()
    length = try reader.readUInt32()
    offset = try reader.readUInt32()
  }

  func write(to bytes: inout [UInt8]) {
    bytes.write(version)
    bytes.write(length)
    bytes.write(offset)
  }
}

/// How much metadata a member may have, and how it is moved.
package enum MetadataLimits {
  /// The longest metadata, in bytes; longer ones are refused where they are set, and not pulled.
  package static let bytes = 65_536
  /// The longest chunk, in bytes; with its head it stays below `StreamLimits.frameBytes`.
  package static let chunkBytes = 32_768
  /// How many pulls a node has under way at once; further ones wait for their turn.
  package static let pulls = 8
  /// How many pulls of others a node serves at once; further ones are told to ask elsewhere.
  package static let served = 64
  /// How many of those may wait for what is still on its way here; further ones are told to ask elsewhere.
  package static let waiting = 16

  /// Throws when metadata is longer than it may be.
  package static func validate(_ metadata: [UInt8]) throws(ConfigurationError) {
    try ConfigurationError.require(
      metadata.count <= bytes, "metadata", "\(metadata.count) bytes", "at most \(bytes) bytes")
  }
}
