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
/// | rest | fields: 1 a tag (name, value) · 2 supersedes (NodeID) · 3 metadata (`MetadataStamp`) · 4 reign (`ReignClaim`) · 5 flags (1, `MemberFlags`) |
///
/// A value of one word: every table keeps a record of every member, so it is its bytes in one piece of memory, and what they say
/// is read when it is asked for.
package struct Record: Equatable, Sendable {
  /// The NodeID and eight bytes of incarnation, then the body. All of it has been read once, so that reading again cannot fail.
  private let bytes: [UInt8]

  private static let incarnationOffset = 16
  private static let bodyOffset = 24

  /// The longest body that is accepted: an update must fit a datagram.
  package static let bodyLimit = 1_024

  package init(id: NodeID, incarnation: UInt64, body span: RawSpan) throws(WireError) {
    guard span.byteCount <= Self.bodyLimit else { throw .malformed }
    try Self.validate(span, of: id)
    var bytes = Self.begin(id, incarnation: incarnation, capacity: span.byteCount)
    bytes.write(span)
    self.bytes = bytes
  }

  private static func begin(_ id: NodeID, incarnation: UInt64, capacity: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(bodyOffset + capacity)
    bytes.write(id)
    bytes.write(incarnation)
    return bytes
  }

  /// Reads a whole body once, and throws for anything in it that may not be.
  private static func validate(_ body: RawSpan, of id: NodeID) throws(WireError) {
    var reader = ByteReader(body)
    _ = try reader.readVarint()
    guard MemberRole(rawValue: try reader.readUInt8()) != nil else { throw .malformed }
    let lowest = try reader.readUInt8()
    let highest = try reader.readUInt8()
    guard lowest >= 1, lowest <= highest else { throw .malformed }
    _ = try reader.readUInt64()
    _ = try Endpoint(from: &reader)
    guard try reader.readText(limit: RecordLimits.nameBytes).byteCount > 0 else { throw .malformed }
    var tags = TagReader()
    var supersedes: NodeID?
    while let field = try reader.nextField() {
      var content = ByteReader(field.bytes)
      switch field.tag {
      case FieldTag.recordTag: try tags.read(from: &content)
      case FieldTag.recordSupersedes: supersedes = try content.readNodeID()
      case FieldTag.recordMetadata: _ = try MetadataStamp(from: &content)
      case FieldTag.recordReign: _ = try ReignClaim(from: &content)
      case FieldTag.recordFlags: _ = try content.readUInt8()
      default: break
      }
    }
    guard supersedes != id, supersedes != .unknown else { throw .malformed }
  }

  /// Builds a record of this node's own, or of a newcomer that is being admitted.
  package init(
    id: NodeID, incarnation: UInt64, seniority: UInt64, role: MemberRole, versions: WireVersionRange, salt: UInt64,
    endpoint: Endpoint, name: String, tags: [String: String], supersedes: NodeID?, flags: MemberFlags = [],
    metadata: MetadataStamp? = nil, reign: ReignClaim? = nil
  ) {
    var body = Self.begin(id, incarnation: incarnation, capacity: 32 + name.utf8.count)
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
    // Behind what changes less, so that a change of them is short.
    if !flags.isEmpty { body.writeField(FieldTag.recordFlags) { $0.write(flags.rawValue) } }
    if let metadata { body.writeField(FieldTag.recordMetadata) { metadata.write(to: &$0) } }
    if let reign { body.writeField(FieldTag.recordReign) { reign.write(to: &$0) } }
    bytes = body
  }

  /// Whether both say the same of the same process, in whatever versions.
  func hasWords(of other: Record) -> Bool { id == other.id && (bytes == other.bytes || body == other.body) }

  /// Whether both have the same name, byte for byte.
  func hasName(of other: Record) -> Bool { bytes[nameRange] == other.bytes[other.nameRange] }

  /// Whether it was read from these very bytes.
  func isEncoded(as span: RawSpan) -> Bool {
    guard span.byteCount == bytes.count - Self.bodyOffset else { return false }
    for position in 0..<span.byteCount {
      // Safe: the position is below the span's count, and every bit pattern is a UInt8.
      let byte = unsafe span.unsafeLoad(fromByteOffset: position, as: UInt8.self)
      if byte != bytes[Self.bodyOffset + position] { return false }
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
    supersedes: NodeID?? = nil, flags: MemberFlags? = nil, metadata: MetadataStamp? = nil, reign: ReignClaim?? = nil
  ) -> Record {
    Record(
      id: id, incarnation: incarnation ?? self.incarnation, seniority: seniority ?? self.seniority, role: role,
      versions: versions, salt: salt ?? self.salt, endpoint: endpoint, name: name, tags: tags ?? self.tags,
      supersedes: supersedes ?? self.supersedes, flags: flags ?? self.flags, metadata: metadata ?? self.metadata,
      reign: reign ?? self.reign)
  }
}

/// What it says, read from its bytes.
extension Record {
  package var id: NodeID { NodeID(high: integer(at: 0), low: integer(at: 8)) }
  package var incarnation: UInt64 { integer(at: Self.incarnationOffset) }
  package var seniority: UInt64 {
    var value: UInt64 = 0
    for offset in (Self.bodyOffset..<fixedOffset).reversed() { value = value << 7 | UInt64(bytes[offset] & 0x7F) }
    return value
  }
  package var role: MemberRole { MemberRole(rawValue: bytes[fixedOffset]) ?? .member }
  package var versions: WireVersionRange {
    WireVersionRange(lowest: bytes[fixedOffset + 1], highest: bytes[fixedOffset + 2])
  }
  package var salt: UInt64 { integer(at: fixedOffset + 3) }
  package var endpoint: Endpoint {
    let offset = endpointOffset + 1
    guard isV6 else {
      return Endpoint(v4: integer(at: offset), port: integer(at: offset + 4))
    }
    return Endpoint(v6High: integer(at: offset), low: integer(at: offset + 8), port: integer(at: offset + 16))
  }
  package var name: String { String(decoding: bytes[nameRange], as: UTF8.self) }
  /// A stable hash of the name, by which the table finds its holders.
  var nameHash: UInt64 { StableHash.hash(of: bytes[nameRange]) }

  package var tags: [String: String] {
    var tags: [String: String] = [:]
    eachField(FieldTag.recordTag) { field throws(WireError) in
      let name = try field.readString(limit: RecordLimits.tagBytes)
      tags[name] = try field.readString(limit: RecordLimits.tagBytes)
    }
    return tags
  }

  package var supersedes: NodeID? {
    var found: NodeID?
    eachField(FieldTag.recordSupersedes) { field throws(WireError) in found = try field.readNodeID() }
    return found
  }

  /// Which bytes its owner's metadata are; nil while it never had any.
  package var metadata: MetadataStamp? {
    var found: MetadataStamp?
    eachField(FieldTag.recordMetadata) { field throws(WireError) in found = try MetadataStamp(from: &field) }
    return found
  }

  package var flags: MemberFlags {
    var found: MemberFlags = []
    eachField(FieldTag.recordFlags) { field throws(WireError) in found = MemberFlags(rawValue: try field.readUInt8()) }
    return found
  }

  /// What its owner claims while it coordinates; nil while it does not.
  package var reign: ReignClaim? {
    var found: ReignClaim?
    eachField(FieldTag.recordReign) { field throws(WireError) in found = try ReignClaim(from: &field) }
    return found
  }

  /// Everything after the incarnation, as on the wire.
  package var body: ArraySlice<UInt8> { bytes[Self.bodyOffset...] }

  // MARK: Where things stand

  /// Where role, versions and salt stand, behind the seniority.
  private var fixedOffset: Int {
    var offset = Self.bodyOffset
    while bytes[offset] & 0x80 != 0 { offset += 1 }
    return offset + 1
  }

  private var endpointOffset: Int { fixedOffset + 11 }
  private var isV6: Bool { bytes[endpointOffset] == Endpoint.Family.v6.rawValue }

  /// A name has at most `RecordLimits.nameBytes`, so that its length is one byte.
  private var nameRange: Range<Int> {
    let offset = endpointOffset + (isV6 ? 19 : 7)
    return offset + 1..<offset + 1 + Int(bytes[offset])
  }

  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
    // Safe: the bounds are checked, and every bit pattern is an integer.
    Value(bigEndian: unsafe bytes.rawSpan.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  private func eachField(_ tag: UInt8, _ body: (inout ByteReader) throws(WireError) -> Void) {
    do throws(WireError) {
      var reader = ByteReader(bytes.rawSpan.extracting(nameRange.upperBound..<bytes.count))
      while let field = try reader.nextField() {
        guard field.tag == tag else { continue }
        var content = ByteReader(field.bytes)
        try body(&content)
      }
    } catch { assertionFailure("a record was made of bytes that were not validated: \(error)") }
  }
}

/// Holds a record's tags to their limits: sorted by name, none twice.
private struct TagReader {
  private var count = 0
  private var last: String?
  private var bytes = 0

  mutating func read(from field: inout ByteReader) throws(WireError) {
    let name = try field.readString(limit: RecordLimits.tagBytes)
    let value = try field.readText(limit: RecordLimits.tagBytes)
    bytes += name.utf8.count + value.byteCount
    if let last, name <= last { throw .malformed }
    guard !name.isEmpty, bytes <= RecordLimits.tagBytes, count < RecordLimits.tagCount else { throw .malformed }
    last = name
    count += 1
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
