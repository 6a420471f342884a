/// One message to all members, as its publisher made it.
package struct Publication: Sendable, Equatable {
  /// Which of its publisher's it is: its numbers rise by one, over all topics.
  package struct Key: Hashable, Sendable, BitwiseCopyable {
    package let publisher: NodeID
    package let number: UInt64

    package init(publisher: NodeID, number: UInt64) {
      self.publisher = publisher
      self.number = number
    }
  }

  /// The last of one publisher that this one's publisher had got, in the same topic, when it made this one.
  package struct Dependency: Equatable, Sendable, BitwiseCopyable {
    package let publisher: NodeID
    package let number: UInt64
  }

  package let key: Key
  /// Its number among all messages of its publisher.
  package let message: UInt64
  package let correlation: CorrelationID
  package let topic: Topic
  /// Whom at the receiver it is for, as in `Message`. Of broadcasts.
  package let name: String
  /// What tracing has to say to the receivers, as in `Message`.
  package let context: MessageContext
  /// A vector clock, of causal topics: by NodeID, without the publisher itself.
  package let dependencies: [Dependency]
  /// What its sequencer says of it to those that it brings it to. Of totally ordered topics.
  var stamp: OrderStamp?
  /// Where it stands, when it is handed over. Of totally ordered topics.
  package var place: OrderPlace?
  package let payload: [UInt8]

  /// Its place in total order; nil in other topics.
  package var position: TopicPosition? { place.map { TopicPosition(epoch: $0.reign.epoch, number: $0.number) } }
}

/// Whom a publication is to reach.
struct SpreadTarget: Equatable, Sendable, BitwiseCopyable {
  let id: NodeID
  /// The number of the publisher's first publication that this one gets: it came to the publisher's view just before.
  let first: UInt64
}

/// A publication on its way to one member, which hands it on to others.
///
/// | bytes | |
/// |---|---|
/// | 16 | publisher |
/// | varint | number |
/// | varint | how many of its publications before this one the receiver gets |
/// | varint | message |
/// | 1, varint, … | order and name of the topic |
/// | varint, (16, varint) × | dependencies |
/// | varint, varint, varint, 16, varint | of order `total`: epoch, place, how far all hold the order, publisher and its number |
/// | varint, (16, varint) × | whom the receiver hands it on to, with how many before each gets |
/// | rest | payload |
struct PublicationEnvelope {
  var publication: Publication
  var first: UInt64
  var targets: [SpreadTarget]

  /// The most that all but the payload may take.
  static let limit = 262_144
  /// The least that an entry of a list takes.
  private static let entryBytes = 17

  init(_ publication: Publication, first: UInt64, targets: [SpreadTarget]) {
    self.publication = publication
    self.first = first
    self.targets = targets
  }

  /// The payload of a message of kind `publication`.
  func payload() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(
      publication.payload.count + 64 + publication.topic.name.utf8.count
        + (publication.dependencies.count + targets.count) * (Self.entryBytes + 4))
    bytes.write(publication.key.publisher)
    bytes.writeVarint(publication.key.number)
    bytes.writeVarint(publication.key.number - first)
    bytes.writeVarint(publication.message)
    bytes.write(publication.topic.order.rawValue)
    bytes.writeString(publication.topic.name)
    bytes.writeVarint(UInt64(publication.dependencies.count))
    for dependency in publication.dependencies {
      bytes.write(dependency.publisher)
      bytes.writeVarint(dependency.number)
    }
    publication.stamp?.write(to: &bytes)
    bytes.writeVarint(UInt64(targets.count))
    for target in targets {
      bytes.write(target.id)
      bytes.writeVarint(publication.key.number - target.first)
    }
    bytes.append(contentsOf: publication.payload)
    return bytes
  }

  init(of message: Message) throws(WireError) {
    var reader = ByteReader(message.payload.rawSpan)
    let publisher = try reader.readNodeID()
    let number = try reader.readVarint()
    first = try Self.readFirst(&reader, number)
    let messageNumber = try reader.readVarint()
    guard let order = TopicOrder(rawValue: try reader.readUInt8()) else { throw .unknownType }
    let topic = Topic(try reader.readString(limit: Message.nameLimit), order: order)
    var dependencies: [Publication.Dependency] = []
    for _ in 0..<(try Self.readCount(&reader)) {
      let dependency = Publication.Dependency(publisher: try reader.readNodeID(), number: try reader.readVarint())
      guard dependency.number < .max else { throw .malformed }
      dependencies.append(dependency)
    }
    let stamp = order == .total ? try OrderStamp(from: &reader) : nil
    targets = []
    for _ in 0..<(try Self.readCount(&reader)) {
      targets.append(SpreadTarget(id: try reader.readNodeID(), first: try Self.readFirst(&reader, number)))
    }
    guard message.payload.count - reader.remaining <= Self.limit else { throw .malformed }
    var payload: [UInt8] = []
    payload.write(try reader.readSpan(reader.remaining))
    publication = Publication(
      key: .init(publisher: publisher, number: number), message: messageNumber, correlation: message.correlation,
      topic: topic, name: message.name, context: message.context, dependencies: dependencies, stamp: stamp,
      payload: payload)
  }

  private static func readFirst(_ reader: inout ByteReader, _ number: UInt64) throws(WireError) -> UInt64 {
    let before = try reader.readVarint()
    // Numbers begin with 1, and the last one is never reached.
    guard number < .max, before < number else { throw .malformed }
    return number - before
  }

  private static func readCount(_ reader: inout ByteReader) throws(WireError) -> Int {
    let count = try reader.readVarint()
    guard count <= UInt64(reader.remaining / entryBytes) else { throw .truncated }
    return Int(count)
  }
}

/// What has become of a publication among those that a member was to hand it on to: said to whom it has it from.
struct SpreadReport: Equatable {
  var key: Publication.Key
  /// Whose processes have it.
  var acknowledged: [NodeID] = []
  /// Whom this member could not reach.
  var failed: [NodeID] = []

  init(_ key: Publication.Key) { self.key = key }

  var isEmpty: Bool { acknowledged.isEmpty && failed.isEmpty }

  func payload() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.write(key.publisher)
    bytes.writeVarint(key.number)
    for list in [acknowledged, failed] {
      bytes.writeVarint(UInt64(list.count))
      for id in list { bytes.write(id) }
    }
    return bytes
  }

  init(of message: Message) throws(WireError) {
    var reader = ByteReader(message.payload.rawSpan)
    self.init(.init(publisher: try reader.readNodeID(), number: try reader.readVarint()))
    acknowledged = try Self.readList(&reader)
    failed = try Self.readList(&reader)
    guard reader.isAtEnd else { throw .malformed }
  }

  private static func readList(_ reader: inout ByteReader) throws(WireError) -> [NodeID] {
    let count = try reader.readVarint()
    guard count <= UInt64(reader.remaining / 16) else { throw .truncated }
    var ids: [NodeID] = []
    for _ in 0..<count { ids.append(try reader.readNodeID()) }
    return ids
  }
}
