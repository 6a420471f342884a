/// What a node says of itself when it starts: the draft of its own record.
package struct LocalIdentity: Sendable {
  package var id: NodeID
  package var name: String
  /// Where others reach it: the advertised address, not the one bound.
  package var endpoint: Endpoint
  package var salt: UInt64
  package var role: MemberRole
  package var tags: [String: String]
  /// What is too large for tags; at most `MetadataLimits.bytes`. Default none.
  package var metadata: [UInt8]
  /// The protocol versions it speaks.
  package var versions: WireVersionRange

  package init(
    id: NodeID, name: String, endpoint: Endpoint, salt: UInt64, role: MemberRole = .member,
    tags: [String: String] = [:], metadata: [UInt8] = [], versions: WireVersionRange = .current
  ) {
    self.id = id
    self.name = name
    self.endpoint = endpoint
    self.salt = salt
    self.role = role
    self.tags = tags
    self.metadata = metadata
    self.versions = versions
  }

  /// Throws when name, tags or metadata exceed what a member may have.
  package func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      (1...RecordLimits.nameBytes).contains(name.utf8.count), "name", "\"\(name)\" (\(name.utf8.count) bytes)",
      "1 to \(RecordLimits.nameBytes) bytes of UTF-8")
    try ConfigurationError.require(
      !name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "name", name.debugDescription,
      "without control characters")
    try RecordLimits.validate(tags)
    try MetadataLimits.validate(metadata)
    try ConfigurationError.require(
      !endpoint.isUnspecified && endpoint.port != 0, "advertise", endpoint,
      "an address and port that others can reach, not unspecified")
  }
}

/// What a record may hold, so that an update always fits a datagram.
package enum RecordLimits {
  package static let nameBytes = 64
  package static let tagBytes = 512
  package static let tagCount = 64

  /// Throws when tags are more, or others, than members take from each other.
  package static func validate(_ tags: [String: String]) throws(ConfigurationError) {
    let bytes = bytes(of: tags)
    try ConfigurationError.require(
      bytes <= tagBytes, "tags", "\(bytes) bytes", "at most \(tagBytes) bytes in all")
    try ConfigurationError.require(
      tags.count <= tagCount, "tags", "\(tags.count) tags", "at most \(tagCount)")
    for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
      try ConfigurationError.require(!key.isEmpty, "tags", "\"\" = \(value.debugDescription)", "named")
      try ConfigurationError.require(
        !(key + value).unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "tags",
        "\(key.debugDescription) = \(value.debugDescription)", "without control characters")
    }
  }

  static func bytes(of tags: [String: String]) -> Int {
    tags.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
  }
}
