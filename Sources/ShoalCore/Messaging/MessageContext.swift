/// What whoever traces sends along with a message: a few names with values, for the process that takes it in.
///
/// On the wire it is a length and as many bytes of names and values in turns; an empty one is not there at all.
package struct MessageContext: Sendable, Hashable {
  package struct Field: Sendable, Hashable {
    package let key: String
    package let value: String

    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }

    /// Whether a peer takes it: strings on the wire hold no control characters.
    fileprivate var isValid: Bool {
      !key.isEmpty && (key + value).unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    /// What it takes, its lengths counted with two bytes each.
    fileprivate var byteCount: Int { key.utf8.count + value.utf8.count + 4 }
  }

  /// All fields together, in bytes. What goes beyond is left out at the sender; more from a peer ends the connection.
  package static let byteLimit = 512

  package private(set) var fields: [Field] = []

  package init() {}

  package var isEmpty: Bool { fields.isEmpty }

  package subscript(key: String) -> String? { fields.first { $0.key == key }?.value }

  /// Adds a field, or replaces the one of this key. Changes nothing when it would not fit, or has control characters.
  package mutating func set(_ value: String, for key: String) {
    let field = Field(key: key, value: value)
    let others = fields.filter { $0.key != key }
    guard field.isValid, others.reduce(field.byteCount, { $0 + $1.byteCount }) <= Self.byteLimit else { return }
    fields = others + [field]
  }

  func write(to bytes: inout [UInt8]) {
    var content: [UInt8] = []
    for field in fields {
      content.writeString(field.key)
      content.writeString(field.value)
    }
    bytes.writeVarint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    let length = try reader.readLength()
    guard length <= Self.byteLimit else { throw .malformed }
    var content = ByteReader(try reader.readSpan(length))
    while !content.isAtEnd {
      fields.append(
        Field(
          key: try content.readString(limit: Self.byteLimit), value: try content.readString(limit: Self.byteLimit)))
    }
  }
}
