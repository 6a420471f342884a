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
    self = try ReceivedUpdate(from: bytes).decoded()
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
    bytes.write(UInt8(witnessList.count))
    for witness in witnessList { bytes.write(witness) }
  }
}
