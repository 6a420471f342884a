/// What travels on a connection after both hellos: frames full of records, each a tag and a body.
///
/// | tag, low four bits | name | body |
/// |---|---|---|
/// | 1 | acknowledgement | sequence number awaited (varint), window from there on (varint) |
/// | 2 | ping | token (8) |
/// | 3 | pong | the ping's token (8) |
/// | 4 | first chunk | sequence (varint), message head, length of all (varint), length of the chunk (varint), bytes |
/// | 5 | further chunk | sequence (varint), length (varint), bytes |
///
/// Bits 4 and 5 of the tag are the lane, of acknowledgements and chunks; bit 7 asks for an acknowledgement at once; bit 6 is 0. A message's
/// chunks follow each other in its lane; records of the other lanes may lie between.
enum ChannelRecord: UInt8 {
  case acknowledgement = 1
  case ping = 2
  case pong = 3
  case firstChunk = 4
  case furtherChunk = 5

  static let pressingBit: UInt8 = 0x80
  private static let laneShift: UInt8 = 4
  private static let kindMask: UInt8 = 0x0F

  /// The first byte of a record.
  func tag(lane: MessageLane = .messages, isPressing: Bool = false) -> UInt8 {
    rawValue | lane.rawValue << Self.laneShift | (isPressing ? Self.pressingBit : 0)
  }

  /// Takes a tag apart; nil for a kind, a lane or a flag that nobody knows.
  static func parse(_ tag: UInt8) -> (kind: ChannelRecord, lane: MessageLane, isPressing: Bool)? {
    guard let kind = ChannelRecord(rawValue: tag & kindMask),
      let lane = MessageLane(rawValue: (tag & ~pressingBit) >> laneShift)
    else { return nil }
    return (kind, lane, tag & pressingBit != 0)
  }
}

/// Why a connection of a session ended, other than by the network. Each is counted under its name; the session goes on with the next
/// connection.
package enum ChannelFault: UInt8, Error, Sendable, Hashable, CaseIterable {
  /// A frame ends before its records do, or a value is out of range.
  case malformed
  /// No lane, record or message kind has this number.
  case unknownKind
  /// A chunk, or an acknowledgement of one, that cannot have been sent yet.
  case futureSequence
  /// What the peer says it has is less than what it has acknowledged, or its generation has fallen.
  case contradiction
  /// More bytes than were asked for.
  case overWindow
  /// A message longer than this node takes.
  case messageTooLong
  /// A chunk of another length than its message leaves for it.
  case wrongLength
  /// The other side did not answer hello in time.
  case greetingTimedOut
  /// A ping was not answered in time: the connection is half open.
  case silent
  /// Both had dialled, and the other connection is kept.
  case duplicate
  /// The peer is no member here.
  case notMember

  init(_ error: WireError) {
    switch error {
    case .truncated, .malformed: self = .malformed
    case .unknownType: self = .unknownKind
    }
  }
}
