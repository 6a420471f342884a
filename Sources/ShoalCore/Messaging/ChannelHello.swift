/// What both sides say first on a connection, so that they agree where their session stands.
///
/// ```
/// dialler ── hello ──────▶ peer     my generation, the last connection that I know of, what I have of yours
/// dialler ◀── answer ──── peer      the generation that holds, this connection's number, what I have of yours
/// ```
/// The higher generation holds: whoever had a lower one learns that the other has ended that session.
package struct ChannelHello: Equatable, Sendable, BitwiseCopyable {
  /// Where one lane of the receiver stands.
  package struct Position: Equatable, Sendable, BitwiseCopyable {
    /// The sequence number of the chunk that it waits for.
    package var expected: UInt64
    /// What it takes from there on, in bytes as `ChunkLimits` counts them.
    package var window: UInt64

    package init(expected: UInt64, window: UInt64) {
      self.expected = expected
      self.window = window
    }
  }

  package var isAnswer: Bool
  package var generation: UInt64
  /// Of the dialler: the last connection that both have agreed on. Of the answer: the one that it is given on.
  package var connection: UInt64
  package var messages: Position
  package var bulk: Position
  package var replies: Position
  package var broadcasts: Position

  package init(
    isAnswer: Bool, generation: UInt64, connection: UInt64, messages: Position, bulk: Position, replies: Position,
    broadcasts: Position
  ) {
    self.isAnswer = isAnswer
    self.generation = generation
    self.connection = connection
    self.messages = messages
    self.bulk = bulk
    self.replies = replies
    self.broadcasts = broadcasts
  }

  static let version: UInt8 = 1

  package init(from reader: inout ByteReader) throws(WireError) {
    guard try reader.readUInt8() == FrameType.channel.rawValue, try reader.readUInt8() == Self.version else {
      throw .unknownType
    }
    let flags = try reader.readUInt8()
    guard flags <= 1 else { throw .malformed }
    isAnswer = flags == 1
    generation = try reader.readVarint()
    connection = try reader.readVarint()
    messages = Position(expected: try reader.readVarint(), window: try reader.readVarint())
    bulk = Position(expected: try reader.readVarint(), window: try reader.readVarint())
    replies = Position(expected: try reader.readVarint(), window: try reader.readVarint())
    broadcasts = Position(expected: try reader.readVarint(), window: try reader.readVarint())
    guard reader.isAtEnd else { throw .malformed }
  }

  package func write(to bytes: inout [UInt8]) {
    bytes.write(FrameType.channel.rawValue)
    bytes.write(Self.version)
    bytes.write(isAnswer ? 1 : 0 as UInt8)
    bytes.writeVarint(generation)
    bytes.writeVarint(connection)
    for position in [messages, bulk, replies, broadcasts] {
      bytes.writeVarint(position.expected)
      bytes.writeVarint(position.window)
    }
  }

  subscript(lane: MessageLane) -> Position {
    switch lane {
    case .messages: messages
    case .bulk: bulk
    case .replies: replies
    case .broadcasts: broadcasts
    }
  }
}
