/// Asks a node for the members that it sees: a page of them, or, when its fingerprint is still this one, nothing.
///
/// | bytes | field |
/// |---|---|
/// | 4 | cursor: 0 first, then what the last page said |
/// | 8 | the fingerprint of what the asker has; 0 for nothing |
package struct RosterQuery: Equatable, Sendable, BitwiseCopyable {
  package var cursor: UInt32
  package var fingerprint: UInt64

  package init(cursor: UInt32, fingerprint: UInt64) {
    self.cursor = cursor
    self.fingerprint = fingerprint
  }

  package init(from reader: inout ByteReader) throws(WireError) {
    cursor = try reader.readUInt32()
    fingerprint = try reader.readUInt64()
  }

  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.write(cursor)
    bytes.write(fingerprint)
    return bytes
  }
}

/// The members that a client knows, as one member saw them, and those that are just coming in.
///
/// An answer to a `RosterQuery` is the fingerprint of the answering node's view (8 bytes), then nothing when the asker has that, else a
/// `page` frame.
struct Roster {
  /// By NodeID.
  private(set) var members: [Member] = []
  private(set) var fingerprint: UInt64 = 0
  private var incoming: [Member] = []
  private var incomingFingerprint: UInt64 = 0

  /// At most so many are taken: what a node holds by default.
  static let limit = 65_536

  enum Taken: Equatable {
    case unchanged
    /// There are more.
    case more(cursor: UInt32)
    case whole
  }

  /// Takes in one answer.
  mutating func take(_ answer: RawSpan, isFirst: Bool) throws(WireError) -> Taken {
    var reader = ByteReader(answer)
    let fingerprint = try reader.readUInt64()
    if isFirst {
      incoming.removeAll()
      incomingFingerprint = fingerprint
    }
    guard !reader.isAtEnd else {
      guard isFirst, fingerprint == self.fingerprint else { throw .malformed }
      return .unchanged
    }
    guard case .page(let next) = try FrameHeader(from: &reader) else { throw .malformed }
    while let update = try reader.nextUpdate() { try add(update) }
    return next == 0 ? .whole : .more(cursor: next)
  }

  private mutating func add(_ update: Update) throws(WireError) {
    switch update {
    case .alive(let record):
      guard incoming.count < Self.limit else { throw .malformed }
      incoming.append(Member(record))
    case .suspect(let claim, _):
      // An accusation follows the record that it is about.
      guard let last = incoming.last, last.id == claim.id else { throw .malformed }
      incoming[incoming.count - 1] = Member(last.record, incarnation: claim.incarnation, status: .suspect)
    case .dead, .left: throw .malformed
    }
  }

  /// What came in is what is known from now on. Returns who is not among it any more.
  mutating func adopt() -> [NodeID] {
    let before = members
    members = []
    for member in incoming.sorted(by: { $0.id < $1.id }) where members.last?.id != member.id { members.append(member) }
    incoming = []
    // While pages come the view may change; then the next query finds another fingerprint.
    fingerprint = incomingFingerprint
    return before.map(\.id).filter { member($0) == nil }
  }

  /// Forgets all, and returns who they were.
  mutating func removeAll() -> [NodeID] {
    defer { self = Roster() }
    return members.map(\.id)
  }

  func member(_ id: NodeID) -> Member? {
    var (low, high) = (0, members.count)
    while low < high {
      let middle = (low + high) / 2
      if members[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < members.count && members[low].id == id ? members[low] : nil
  }
}
