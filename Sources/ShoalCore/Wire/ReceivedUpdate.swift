/// An update as it came in: what it speaks of is read, the rest is still bytes.
///
/// Most news that comes in is known already. Kind and claim tell that, so that a record or evidence is decoded only when it
/// says something new.
package struct ReceivedUpdate: ~Escapable {
  package let kind: MemberStatus
  package let claim: Update.Claim
  /// Everything behind the claim, as on the wire.
  let rest: RawSpan

  @_lifetime(copy bytes)
  package init(from bytes: RawSpan) throws(WireError) {
    var reader = ByteReader(bytes)
    guard let kind = MemberStatus(rawValue: try reader.readUInt8()) else { throw .malformed }
    let id = try reader.readNodeID()
    guard id != .unknown else { throw .malformed }
    self.kind = kind
    claim = Update.Claim(id: id, incarnation: try reader.readVarint())
    rest = try reader.readSpan(reader.remaining)
  }

  /// Whether this is what `speaker` says of itself: no hearsay.
  func isRecord(of speaker: NodeID) -> Bool { kind == .alive && claim.id == speaker }

  /// Reads the rest too.
  package func decoded(sharing interner: RecordInterner? = nil) throws(WireError) -> Update {
    var reader = ByteReader(rest)
    switch kind {
    case .alive:
      if let interner { return .alive(try interner.record(claim, body: rest)) }
      return .alive(try Record(id: claim.id, incarnation: claim.incarnation, body: rest))
    case .suspect: return .suspect(claim, try Evidence(from: &reader))
    case .dead: return .dead(claim, try Evidence(from: &reader))
    case .left:
      guard let reason = LeaveReason(rawValue: try reader.readUInt8()) else { throw .malformed }
      return .left(claim, reason)
    }
  }
}
