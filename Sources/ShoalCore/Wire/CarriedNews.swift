/// Which news a datagram or frame carries, for measurements: claims only, no record is decoded.
///
/// What cannot be decoded carries nothing.
package enum CarriedNews {
  package static func forEachClaim(inDatagram bytes: RawSpan, _ body: (Update.Claim) -> Void) {
    var reader = ByteReader(bytes)
    do throws(WireError) {
      _ = try DatagramHeader(from: &reader)
      while let claim = try reader.nextClaim() { body(claim) }
    } catch {}
  }

  package static func forEachClaim(inFrame bytes: RawSpan, _ body: (Update.Claim) -> Void) {
    var reader = ByteReader(bytes)
    do throws(WireError) {
      _ = try FrameHeader(from: &reader)
      while let claim = try reader.nextClaim() { body(claim) }
    } catch {}
  }
}

extension ByteReader {
  /// Reads whom the next update among the fields is about, skipping all other fields; nil at the end.
  @_lifetime(self: copy self)
  fileprivate mutating func nextClaim() throws(WireError) -> Update.Claim? {
    while !isAtEnd {
      let tag = try readUInt8()
      let length = try readLength()
      var field = ByteReader(try readSpan(length))
      guard tag == FieldTag.update || tag == FieldTag.change else { continue }
      if tag == FieldTag.update { _ = try field.readUInt8() }
      let id = try field.readNodeID()
      return Update.Claim(id: id, incarnation: try field.readVarint())
    }
    return nil
  }
}
