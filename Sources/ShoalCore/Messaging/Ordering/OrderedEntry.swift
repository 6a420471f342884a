/// One publication of a totally ordered topic at its place.
package struct OrderedEntry: Sendable, Equatable {
  /// Its place, from 1: the same at every member, and under every reign that hands it on. 0 while it has none.
  package var number: UInt64 = 0
  package let publisher: NodeID
  /// Which of its publisher's totally ordered publications it is: rises.
  package let publisherNumber: UInt64
  /// Its number among all messages of its publisher.
  package let message: UInt64
  package let correlation: CorrelationID
  package let topicName: String
  package let context: MessageContext
  package let payload: [UInt8]

  var topic: Topic { Topic(topicName, order: .total) }

  /// What it occupies.
  var cost: Int { ChunkLimits.cost(of: payload.count) + topicName.utf8.count }

  func write(to bytes: inout [UInt8]) {
    bytes.writeVarint(number)
    bytes.write(publisher)
    bytes.writeVarint(publisherNumber)
    bytes.writeVarint(message)
    bytes.write(correlation.high)
    bytes.write(correlation.low)
    bytes.writeString(topicName)
    context.write(to: &bytes)
    bytes.writeVarint(UInt64(payload.count))
    bytes.append(contentsOf: payload)
  }
}

extension OrderedEntry {
  init(from reader: inout ByteReader) throws(WireError) {
    number = try reader.readOrderNumber()
    publisher = try reader.readNodeID()
    publisherNumber = try reader.readOrderNumber()
    message = try reader.readVarint()
    correlation = CorrelationID(high: try reader.readUInt64(), low: try reader.readUInt64())
    topicName = try reader.readString(limit: Message.nameLimit)
    context = try MessageContext(from: &reader)
    var bytes: [UInt8] = []
    bytes.write(try reader.readSpan(try reader.readLength()))
    payload = bytes
  }
}

/// Where a publication stands when it is handed over, and under whose reign.
package struct OrderPlace: Equatable, Sendable, BitwiseCopyable {
  package let reign: OrderReign
  package let number: UInt64
}

/// Where a publication stands, as its envelope says it to those who get it from their sequencer.
struct OrderStamp: Equatable, Sendable, BitwiseCopyable {
  let epoch: UInt64
  let number: UInt64
  /// Up to here every member of the sequencer's view holds the order.
  let stable: UInt64
  /// Who has published it.
  let publisher: NodeID
  let publisherNumber: UInt64

  init(epoch: UInt64, number: UInt64, stable: UInt64, publisher: NodeID, publisherNumber: UInt64) {
    self.epoch = epoch
    self.number = number
    self.stable = stable
    self.publisher = publisher
    self.publisherNumber = publisherNumber
  }

  func write(to bytes: inout [UInt8]) {
    bytes.writeVarint(epoch)
    bytes.writeVarint(number)
    bytes.writeVarint(stable)
    bytes.write(publisher)
    bytes.writeVarint(publisherNumber)
  }

  init(from reader: inout ByteReader) throws(WireError) {
    epoch = try reader.readVarint()
    number = try reader.readOrderNumber()
    stable = try reader.readOrderNumber()
    publisher = try reader.readNodeID()
    publisherNumber = try reader.readOrderNumber()
  }
}

extension ByteReader {
  /// A number of the order: so far below the highest that one more never overflows.
  mutating func readOrderNumber() throws(WireError) -> UInt64 {
    let number = try readVarint()
    guard number < 1 << 62 else { throw .malformed }
    return number
  }
}
