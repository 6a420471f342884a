public import ShoalCore

/// What was published to a topic, as its handler gets it.
public struct TopicMessage: Sendable {
  public let topic: Topic
  public let id: MessageID
  /// Which of its publisher's it is: the numbers of one publisher rise, over all its topics but those of order `.total`, which have
  /// numbers of their own.
  public let sequence: UInt64
  /// How many of its publisher's publications, on whatever topic, were missed just before this one: as when this node was held dead.
  public let missed: UInt64
  /// Its place in total order; nil in topics of another order.
  public let position: TopicPosition?
  /// What it belongs to; messages that are sent while it is handled belong to the same, unless they say otherwise.
  public let correlation: CorrelationID
  public let bytes: [UInt8]

  public var publisher: NodeID { id.sender }

  init(_ publication: Publication, missed: UInt64) {
    topic = publication.topic
    id = MessageID(sender: publication.key.publisher, number: publication.message)
    sequence = publication.key.number
    self.missed = missed
    position = publication.position
    correlation = publication.correlation
    bytes = publication.payload
  }
}
