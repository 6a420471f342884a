public import ShoalCore

/// Names one message in the whole mesh: whose it is, and which of theirs.
public struct MessageID: Hashable, Sendable, CustomStringConvertible {
  public let sender: NodeID
  public let number: UInt64

  public var description: String { "\(sender.short)/\(number)" }
}

/// One message as a handler gets it.
public struct ReceivedMessage: Sendable {
  public let id: MessageID
  /// What it belongs to; messages that are sent while it is handled belong to the same, unless they say otherwise.
  public let correlation: CorrelationID
  /// Which handler it is for; empty for raw bytes.
  public let name: String
  public let bytes: [UInt8]
  /// How long the asker waits; nil for what is no request.
  public let timeout: Duration?

  public var sender: NodeID { id.sender }

  init(_ message: Message, from sender: NodeID) {
    id = MessageID(sender: sender, number: message.number)
    correlation = message.correlation
    name = message.name
    bytes = message.payload
    timeout = message.kind == .request ? .milliseconds(Int64(message.timeoutMilliseconds)) : nil
  }

  init(_ broadcast: Publication) {
    id = MessageID(sender: broadcast.key.publisher, number: broadcast.message)
    correlation = broadcast.correlation
    name = broadcast.name
    bytes = broadcast.payload
    timeout = nil
  }

  /// What the message that this task handles belongs to; nil in other tasks.
  @TaskLocal public static var currentCorrelation: CorrelationID?
}
