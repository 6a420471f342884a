/// Which flow of a session a message travels in. Order holds within a lane; lanes share a connection fairly, by bytes.
///
/// A further flow, for acknowledgements and pings, always goes first; nobody sends messages in it.
public enum MessageLane: UInt8, Sendable, Hashable, CaseIterable {
  /// What others may wait for. The default.
  case messages = 0
  /// Large transfers, which those in `messages` need not wait for.
  case bulk = 1
  /// Replies to requests: taken in at once, so that nobody who waits for one waits for what others have not read.
  case replies = 2
  /// Publications, which those in `messages` need not wait for.
  case broadcasts = 3

  /// Whose turn to send it is after this one's.
  var next: MessageLane {
    switch self {
    case .messages: .bulk
    case .bulk: .replies
    case .replies: .broadcasts
    case .broadcasts: .messages
    }
  }
}

/// How messages are cut and what one costs besides its bytes.
package enum ChunkLimits {
  /// The most bytes of one message in one record: four of them, with their heads, fill a frame.
  package static let bytes = 16_128
  /// What a chunk counts for besides its bytes, so that empty messages are bounded too.
  package static let overhead = 64
  /// The most that one chunk can cost: no window is smaller.
  package static let largestCost = bytes + overhead
  /// The most that a record adds to the bytes of its chunk.
  package static let headBytes = overhead + Message.nameLimit

  /// How many chunks a message of so many bytes takes: one at least.
  package static func count(of bytes: Int) -> Int { max(1, (bytes + Self.bytes - 1) / Self.bytes) }

  /// What a whole message counts for.
  package static func cost(of bytes: Int) -> Int { bytes + count(of: bytes) * overhead }

  /// How many bytes chunk `position` of a message of `total` bytes holds.
  package static func length(of position: Int, total: Int) -> Int {
    min(bytes, total - position * bytes)
  }
}
