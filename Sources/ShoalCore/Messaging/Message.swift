/// One message between two nodes, as sessions carry it. What its payload means is not their concern.
///
/// ```
/// sender ── send ─────────▶ receiver         one way
/// asker  ── request ──────▶ answerer         with the time that the asker will wait
/// asker  ◀── reply, failure ── answerer      names the request by its number
/// asker  ── cancellation ─▶ answerer         nobody waits for that reply any more
/// ```
package struct Message: Sendable, Equatable {
  package var kind: MessageKind
  /// Which message of its sender's it is: rises with each that a process sends. With the sender's NodeID it is unique.
  package var number: UInt64
  /// What all messages have in common that one cause has led to; handed on by whoever sends a message because of another.
  package var correlation: CorrelationID
  /// The number of the request that this one answers or cancels; 0 for none.
  package var request: UInt64
  /// For how long a request's sender waits, in milliseconds; 0 for other kinds.
  package var timeoutMilliseconds: UInt32
  /// Whom at the receiver it is for: the name of a type, as a rule. Of what is sent and of requests; at most `nameLimit` bytes.
  package var name: String
  /// What tracing has to say to the receiver; empty in most.
  package var context: MessageContext
  package var payload: [UInt8]

  package static let nameLimit = 255
  /// The name of requests that a node answers by itself, with nothing: whoever asks measures the round trip.
  package static let pingName = "shoal/ping"
  /// The name of requests for the members that a node sees: a `RosterQuery`, answered with a `RosterPage`.
  package static let membersName = "shoal/members"
  /// The name of what a client says last: it has no more to do with this member.
  package static let goodbyeName = "shoal/goodbye"

  package init(
    _ kind: MessageKind, number: UInt64, correlation: CorrelationID, request: UInt64 = 0,
    timeoutMilliseconds: UInt32 = 0, name: String = "", context: MessageContext = MessageContext(), payload: [UInt8]
  ) {
    self.kind = kind
    self.number = number
    self.correlation = correlation
    self.request = request
    self.timeoutMilliseconds = timeoutMilliseconds
    self.name = name
    self.context = context
    self.payload = payload
  }
}

package enum MessageKind: UInt8, Sendable, CaseIterable {
  case send = 1
  case request = 2
  case reply = 3
  /// The request could not be answered; the payload says why.
  case failure = 4
  case cancellation = 5
  /// One publication, for the receiver and for those it hands it on to; the payload is an envelope.
  case publication = 6
  /// What became of a publication among those that the sender was to hand it on to.
  case spreadReport = 7
  /// From which publication on does the asker get the receiver's?
  case seriesQuery = 8
  case seriesStart = 9
  /// What nodes say to each other about totally ordered topics; the payload is an `OrderMessage`.
  case order = 10

  /// Whether it is the broadcaster's, and no application's.
  package var isBroadcasters: Bool { rawValue >= Self.publication.rawValue }

  /// Whether it speaks of a request that the receiver, or the sender, has made before.
  var namesRequest: Bool {
    switch self {
    case .send, .request, .publication, .spreadReport, .seriesQuery, .seriesStart, .order: false
    case .reply, .failure, .cancellation: true
    }
  }
}

/// What all messages, log lines and spans share that go back to one cause. 128 bits.
public struct CorrelationID: Hashable, Sendable, BitwiseCopyable {
  public let high: UInt64
  public let low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}

extension CorrelationID: CustomStringConvertible {
  /// 32 lower-case hexadecimal digits.
  public var description: String { Hexadecimal.digits(high) + Hexadecimal.digits(low) }
}

/// What became of a message. Each that was accepted gets exactly one.
public enum MessageOutcome: UInt8, Sendable, Hashable, CaseIterable {
  /// The peer has it: its process took it in, whole and in order.
  case delivered
  /// The peer never got it, and never will.
  case notDelivered
  /// The session ended after it was written and before the peer acknowledged it: it may have arrived.
  case unknown
}

extension Message {
  /// All but the payload and its length.
  func writeHead(to bytes: inout [UInt8]) {
    bytes.write(context.isEmpty ? kind.rawValue : kind.rawValue | Self.contextFlag)
    bytes.writeVarint(number)
    bytes.write(correlation.high)
    bytes.write(correlation.low)
    if kind.namesRequest { bytes.writeVarint(request) } else { bytes.writeString(name) }
    if kind == .request { bytes.writeVarint(UInt64(timeoutMilliseconds)) }
    if !context.isEmpty { context.write(to: &bytes) }
  }

  /// Set in the byte of the kind when there is a context at the end of the head.
  private static let contextFlag: UInt8 = 0x80
  /// The longest name and context: what a head may take besides a few numbers.
  static let headLimit = nameLimit + MessageContext.byteLimit

  /// Reads what `writeHead` writes; the payload is empty yet.
  init(headFrom reader: inout ByteReader) throws(WireError) {
    let tag = try reader.readUInt8()
    guard let kind = MessageKind(rawValue: tag & ~Self.contextFlag) else { throw .unknownType }
    let number = try reader.readVarint()
    let correlation = CorrelationID(high: try reader.readUInt64(), low: try reader.readUInt64())
    let request = kind.namesRequest ? try reader.readVarint() : 0
    let name = kind.namesRequest ? "" : try reader.readString(limit: Self.nameLimit)
    let timeout = kind == .request ? try reader.readVarint() : 0
    guard timeout <= UInt64(UInt32.max) else { throw .malformed }
    let context = tag & Self.contextFlag == 0 ? MessageContext() : try MessageContext(from: &reader)
    self.init(
      kind, number: number, correlation: correlation, request: request,
      timeoutMilliseconds: UInt32(timeout), name: name, context: context, payload: [])
  }
}
