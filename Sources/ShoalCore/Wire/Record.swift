/// What a member says of itself: an alive update, decoded, together with the bytes it came in.
///
/// The body is kept as it was received and passed on unchanged, so that fields of a later version survive a relay that does
/// not know them, and so that two records are the same exactly when their bytes are.
///
/// | bytes | field |
/// |---|---|
/// | varint | seniority |
/// | 1 | role |
/// | 1 + 1 | lowest and highest wire version spoken |
/// | 8 | salt of its datagrams |
/// | 1 + 4 or 16 + 2 | endpoint: family (4 or 6), address, port |
/// | varint + n | name, UTF-8 |
/// | rest | fields: 1 a tag (name, value) · 2 supersedes (NodeID) · 3 metadata (`MetadataStamp`) |
///
/// A record never changes, so that all who hold it share one object.
package final class Record: Equatable, Sendable {
  // What every packet asks for stands first, so that it lies together in memory.
  package let id: NodeID
  package let incarnation: UInt64
  package let endpoint: Endpoint
  package let salt: UInt64
  package let seniority: UInt64
  package let role: MemberRole
  package let versions: WireVersionRange
  /// A stable hash of the name, by which the table finds its holders.
  let nameHash: UInt64
  package let name: String
  package let tags: [String: String]
  package let supersedes: NodeID?
  /// Which bytes its owner's metadata are; nil while it never had any.
  package let metadata: MetadataStamp?
  /// Everything after the incarnation, as on the wire.
  package let body: [UInt8]

  /// The longest body that is accepted: an update must fit a datagram.
  package static let bodyLimit = 1_024

  package init(id: NodeID, incarnation: UInt64, body span: RawSpan) throws(WireError) {
    guard span.byteCount <= Self.bodyLimit else { throw .malformed }
    self.id = id
    self.incarnation = incarnation
    var reader = ByteReader(span)
    seniority = try reader.readVarint()
    guard let role = MemberRole(rawValue: try reader.readUInt8()) else { throw .malformed }
    self.role = role
    versions = WireVersionRange(lowest: try reader.readUInt8(), highest: try reader.readUInt8())
    guard versions.lowest >= 1, versions.lowest <= versions.highest else { throw .malformed }
    salt = try reader.readUInt64()
    endpoint = try Endpoint(from: &reader)
    name = try reader.readString(limit: RecordLimits.nameBytes)
    guard !name.isEmpty else { throw .malformed }
    nameHash = StableHash.hash(of: name)
    var tags = TagReader()
    var supersedes: NodeID?
    var metadata: MetadataStamp?
    while !reader.isAtEnd {
      let tag = try reader.readUInt8()
      let length = try reader.readLength()
      var field = ByteReader(try reader.readSpan(length))
      switch tag {
      case FieldTag.recordTag: try tags.read(from: &field)
      case FieldTag.recordSupersedes: supersedes = try field.readNodeID()
      case FieldTag.recordMetadata: metadata = try MetadataStamp(from: &field)
      default: break
      }
    }
    guard supersedes != id, supersedes != .unknown else { throw .malformed }
    self.tags = tags.tags
    self.supersedes = supersedes
    self.metadata = metadata
    var body: [UInt8] = []
    body.reserveCapacity(span.byteCount)
    body.write(span)
    self.body = body
  }

  /// Builds a record of this node's own, or of a newcomer that is being admitted.
  package init(
    id: NodeID, incarnation: UInt64, seniority: UInt64, role: MemberRole, versions: WireVersionRange, salt: UInt64,
    endpoint: Endpoint, name: String, tags: [String: String], supersedes: NodeID?, metadata: MetadataStamp? = nil
  ) {
    self.id = id
    self.incarnation = incarnation
    self.seniority = seniority
    self.role = role
    self.versions = versions
    self.salt = salt
    self.endpoint = endpoint
    self.name = name
    nameHash = StableHash.hash(of: name)
    self.tags = tags
    self.supersedes = supersedes
    self.metadata = metadata
    var body: [UInt8] = []
    body.writeVarint(seniority)
    body.write(role.rawValue)
    body.write(versions.lowest)
    body.write(versions.highest)
    body.write(salt)
    endpoint.write(to: &body)
    body.writeString(name)
    for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
      body.writeField(FieldTag.recordTag) {
        $0.writeString(name)
        $0.writeString(value)
      }
    }
    if let supersedes { body.writeField(FieldTag.recordSupersedes) { $0.write(supersedes) } }
    // Last, so that a change of it is short.
    if let metadata { body.writeField(FieldTag.recordMetadata) { metadata.write(to: &$0) } }
    self.body = body
  }

  /// The same process in the same version with the same words.
  package static func == (left: Record, right: Record) -> Bool {
    left.incarnation == right.incarnation && left.hasWords(of: right)
  }

  /// Whether both say the same of the same process, in whatever versions.
  func hasWords(of other: Record) -> Bool { self === other || id == other.id && body == other.body }

  /// Whether both have the same name, byte for byte.
  func hasName(of other: Record) -> Bool {
    nameHash == other.nameHash && name.utf8.elementsEqual(other.name.utf8)
  }

  /// Whether it was read from these very bytes.
  func isEncoded(as span: RawSpan) -> Bool {
    guard span.byteCount == body.count else { return false }
    for position in body.indices {
      // Safe: the position is below the span's count, and every bit pattern is a UInt8.
      let byte = unsafe span.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      if byte != body[position] { return false }
    }
    return true
  }

  package func write(to bytes: inout [UInt8]) {
    Update.writeClaim(.alive, Update.Claim(id: id, incarnation: incarnation), to: &bytes)
    bytes.append(contentsOf: body)
  }

  /// The same record in another version: what its owner publishes when something about it changed.
  package func with(
    incarnation: UInt64? = nil, seniority: UInt64? = nil, salt: UInt64? = nil, tags: [String: String]? = nil,
    supersedes: NodeID?? = nil, metadata: MetadataStamp? = nil
  ) -> Record {
    Record(
      id: id, incarnation: incarnation ?? self.incarnation, seniority: seniority ?? self.seniority, role: role,
      versions: versions, salt: salt ?? self.salt, endpoint: endpoint, name: name, tags: tags ?? self.tags,
      supersedes: supersedes ?? self.supersedes, metadata: metadata ?? self.metadata)
  }
}

/// Collects a record's tags and holds them to their limits: sorted by name, none twice.
private struct TagReader {
  var tags: [String: String] = [:]
  private var last: String?
  private var bytes = 0

  mutating func read(from field: inout ByteReader) throws(WireError) {
    let name = try field.readString(limit: RecordLimits.tagBytes)
    let value = try field.readString(limit: RecordLimits.tagBytes)
    bytes += name.utf8.count + value.utf8.count
    if let last, name <= last { throw .malformed }
    guard !name.isEmpty, bytes <= RecordLimits.tagBytes, tags.count < RecordLimits.tagCount else { throw .malformed }
    last = name
    tags[name] = value
  }
}

extension Endpoint {
  package init(from reader: inout ByteReader) throws(WireError) {
    guard let family = Family(rawValue: try reader.readUInt8()) else { throw .malformed }
    switch family {
    case .v4: self.init(v4: try reader.readUInt32(), port: try reader.readUInt16())
    case .v6:
      let high = try reader.readUInt64()
      self.init(v6High: high, low: try reader.readUInt64(), port: try reader.readUInt16())
    }
    guard !isUnspecified, port != 0 else { throw .malformed }
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(family.rawValue)
    switch family {
    case .v4: bytes.write(UInt32(truncatingIfNeeded: low))
    case .v6:
      bytes.write(high)
      bytes.write(low)
    }
    bytes.write(port)
  }
}
