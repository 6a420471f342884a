/// What travels on a stream, one frame at a time; the transport keeps frames apart.
///
/// ```
/// joiner ── hello ────────▶ member           who I am, which versions I speak
/// joiner ◀───── admitted ── member           my record as it stands now, or: ◀── refused, or: ◀── redirect
/// joiner ── pageRequest ──▶ member           until a page says that it is the last
/// joiner ◀───────── page ── member
///
/// peer   ── repair ───────▶ peer             our fingerprints differ
///        ◀─ pageRequest ──▶                  each pulls the other's pages
///        ◀──── page ──────▶
///        ◀── updates ─────▶                  what a page contradicts: somebody's death
///        ◀──── done ──────▶
///
/// peer   ── digest ───────▶ peer             or, cheaper: only what differs is exchanged; then as above
/// peer   ◀────── buckets ── peer
///
/// puller ── metadataRequest ──▶ holder       a member's metadata, in this version, from this byte on
///        ◀── metadataChunk ────              and so on until all of it is there, or: ◀── metadataAbsent
///
/// client ── client ───────▶ member           I am no member, and want to talk
/// client ◀───── admitted ── member           or: ◀── refused
/// client ── channel ──────▶ member           as between members
/// ```
///
/// | type | name | body, then fields |
/// |---|---|---|
/// | 1 | hello | lowest and highest version (1 + 1); field 1: the record wanted; field 4: the policy of coordination |
/// | 2 | admitted | version chosen (1); field 1: the record granted |
/// | 3 | refused | `Refusal` (1) |
/// | 4 | pageRequest | cursor (4): 0 first, then what the last page said |
/// | 5 | page | next cursor (4), 0 when it was the last; field 1 each: updates |
/// | 6 | repair | |
/// | 7 | updates | field 1 each: updates |
/// | 8 | done | |
/// | 9 | digest | `CompactDigest` (516): our views differ, take this instead of a `repair` |
/// | 10 | buckets | `BucketSet` (32): pages from here on hold only these |
/// | 11 | redirect | field 2 each: a member to ask instead |
/// | 12 | metadataRequest | owner (16), version (8), offset (4), flags (1): bit 0 may wait |
/// | 13 | metadataChunk | version (8), length of all (4), offset (4), then 1 to 32,768 bytes |
/// | 14 | metadataAbsent | ask elsewhere |
/// | 15 | channel | the rest of `ChannelHello`: from here on the stream belongs to the messenger |
/// | 16 | client | lowest and highest version (1 + 1); bytes behind them are skipped |
package enum FrameType: UInt8, Sendable, CaseIterable {
  case hello = 1
  case admitted = 2
  case refused = 3
  case pageRequest = 4
  case page = 5
  case repair = 6
  case updates = 7
  case done = 8
  case digest = 9
  case buckets = 10
  case redirect = 11
  case metadataRequest = 12
  case metadataChunk = 13
  case metadataAbsent = 14
  case channel = 15
  case client = 16
}

/// A frame's fixed part. The updates behind it are read one by one.
package enum FrameHeader: Equatable, Sendable {
  case hello(WireVersionRange)
  case admitted(version: UInt8)
  case refused(Refusal)
  case pageRequest(cursor: UInt32)
  case page(next: UInt32)
  case repair
  case updates
  case done
  case digest(CompactDigest)
  case buckets(BucketSet)
  case redirect
  case metadataRequest(MetadataRequest)
  case metadataChunk(MetadataChunk)
  case metadataAbsent
  case channel
  case client(WireVersionRange)

  package init(from reader: inout ByteReader) throws(WireError) {
    guard let type = FrameType(rawValue: try reader.readUInt8()) else { throw .unknownType }
    switch type {
    case .hello: self = .hello(try Self.versions(from: &reader))
    case .admitted: self = .admitted(version: try reader.readUInt8())
    case .refused:
      guard let refusal = Refusal(rawValue: try reader.readUInt8()) else { throw .malformed }
      self = .refused(refusal)
    case .pageRequest: self = .pageRequest(cursor: try reader.readUInt32())
    case .page: self = .page(next: try reader.readUInt32())
    case .repair: self = .repair
    case .updates: self = .updates
    case .done: self = .done
    case .digest: self = .digest(try CompactDigest(from: &reader))
    case .buckets: self = .buckets(try BucketSet(from: &reader))
    case .redirect: self = .redirect
    case .metadataRequest: self = .metadataRequest(try MetadataRequest(from: &reader))
    case .metadataChunk: self = .metadataChunk(try MetadataChunk(from: &reader))
    case .metadataAbsent: self = .metadataAbsent
    case .channel: self = .channel
    case .client: self = .client(try Self.versions(from: &reader))
    }
  }

  private static func versions(from reader: inout ByteReader) throws(WireError) -> WireVersionRange {
    let range = WireVersionRange(lowest: try reader.readUInt8(), highest: try reader.readUInt8())
    guard range.lowest >= 1, range.lowest <= range.highest else { throw .malformed }
    return range
  }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .hello(let range):
      bytes.write(FrameType.hello.rawValue)
      bytes.write(range.lowest)
      bytes.write(range.highest)
    case .admitted(let version):
      bytes.write(FrameType.admitted.rawValue)
      bytes.write(version)
    case .refused(let refusal):
      bytes.write(FrameType.refused.rawValue)
      bytes.write(refusal.rawValue)
    case .pageRequest(let cursor):
      bytes.write(FrameType.pageRequest.rawValue)
      bytes.write(cursor)
    case .page(let next):
      bytes.write(FrameType.page.rawValue)
      bytes.write(next)
    case .repair: bytes.write(FrameType.repair.rawValue)
    case .updates: bytes.write(FrameType.updates.rawValue)
    case .done: bytes.write(FrameType.done.rawValue)
    case .digest(let digest):
      bytes.write(FrameType.digest.rawValue)
      digest.write(to: &bytes)
    case .buckets(let set):
      bytes.write(FrameType.buckets.rawValue)
      set.write(to: &bytes)
    case .redirect: bytes.write(FrameType.redirect.rawValue)
    case .metadataRequest(let request):
      bytes.write(FrameType.metadataRequest.rawValue)
      request.write(to: &bytes)
    case .metadataChunk(let head):
      bytes.write(FrameType.metadataChunk.rawValue)
      head.write(to: &bytes)
    case .metadataAbsent: bytes.write(FrameType.metadataAbsent.rawValue)
    case .channel: bytes.write(FrameType.channel.rawValue)
    case .client(let range):
      bytes.write(FrameType.client.rawValue)
      bytes.write(range.lowest)
      bytes.write(range.highest)
    }
  }
}

extension ByteReader {
  /// Reads the next update among the fields, skipping fields of unknown tags; nil at the end.
  @_lifetime(self: copy self)
  package mutating func nextUpdate() throws(WireError) -> Update? {
    guard let received = try nextReceivedUpdate() else { return nil }
    return try received.decoded()
  }

  /// Like `nextUpdate`, yet reads no further than what the update speaks of.
  @_lifetime(copy self)
  package mutating func nextReceivedUpdate() throws(WireError) -> ReceivedUpdate? {
    while !isAtEnd {
      let tag = try readUInt8()
      let length = try readLength()
      let field = try readSpan(length)
      if tag == FieldTag.update { return try ReceivedUpdate(from: field) }
    }
    return nil
  }
}
