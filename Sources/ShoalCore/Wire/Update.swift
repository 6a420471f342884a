/// One piece of news about one member, as it travels in datagrams and frames.
///
/// | bytes | field |
/// |---|---|
/// | 1 | kind: 0 alive, 1 suspect, 2 dead, 3 left |
/// | 16 | NodeID of the subject |
/// | varint | incarnation that it speaks of |
/// | rest | alive: the `Record`; suspect and dead: the `Evidence`; left: the reason (1) |
///
/// Evidence is the accuser's NodeID (16), the paths (1), the number of witnesses (1, at most 5) and their NodeIDs (16 each).
/// Bytes behind these are fields of later versions and are skipped.
package enum Update: Equatable, Sendable {
  case alive(Record)
  case suspect(Claim, Evidence)
  case dead(Claim, Evidence)
  case left(Claim, LeaveReason)

  /// Whom and which version of it an update speaks of.
  package struct Claim: Hashable, Sendable, BitwiseCopyable {
    package var id: NodeID
    package var incarnation: UInt64

    package init(id: NodeID, incarnation: UInt64) {
      self.id = id
      self.incarnation = incarnation
    }
  }

  package init(from bytes: RawSpan) throws(WireError) {
    var reader = ByteReader(bytes)
    guard let kind = MemberStatus(rawValue: try reader.readUInt8()) else { throw .malformed }
    let id = try reader.readNodeID()
    guard id != .unknown else { throw .malformed }
    let claim = Claim(id: id, incarnation: try reader.readVarint())
    switch kind {
    case .alive:
      let rest = try reader.readSpan(reader.remaining)
      self = .alive(try Record(id: claim.id, incarnation: claim.incarnation, body: rest))
    case .suspect: self = .suspect(claim, try Evidence(from: &reader))
    case .dead: self = .dead(claim, try Evidence(from: &reader))
    case .left:
      guard let reason = LeaveReason(rawValue: try reader.readUInt8()) else { throw .malformed }
      self = .left(claim, reason)
    }
  }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .alive(let record): record.write(to: &bytes)
    case .suspect(let claim, let evidence):
      Self.writeClaim(.suspect, claim, to: &bytes)
      evidence.write(to: &bytes)
    case .dead(let claim, let evidence):
      Self.writeClaim(.dead, claim, to: &bytes)
      evidence.write(to: &bytes)
    case .left(let claim, let reason):
      Self.writeClaim(.left, claim, to: &bytes)
      bytes.write(reason.rawValue)
    }
  }

  /// Whether this is what `speaker` says of itself: no hearsay.
  func isRecord(of speaker: NodeID) -> Bool {
    if case .alive(let record) = self { record.id == speaker } else { false }
  }

  static func writeClaim(_ kind: MemberStatus, _ claim: Claim, to bytes: inout [UInt8]) {
    bytes.write(kind.rawValue)
    bytes.write(claim.id)
    bytes.writeVarint(claim.incarnation)
  }
}

extension Evidence {
  init(from reader: inout ByteReader) throws(WireError) {
    let accuser = try reader.readNodeID()
    let paths = Paths(rawValue: try reader.readUInt8())
    let count = try reader.readUInt8()
    guard count <= Self.witnessLimit else { throw .malformed }
    self.init(accuser: accuser, paths: paths)
    for _ in 0..<count { add(witness: try reader.readNodeID()) }
  }

  func write(to bytes: inout [UInt8]) {
    bytes.write(accuser)
    bytes.write(paths.rawValue)
    bytes.write(UInt8(witnesses.count))
    for witness in witnesses { bytes.write(witness) }
  }
}
