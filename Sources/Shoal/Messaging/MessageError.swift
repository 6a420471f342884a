import ShoalCore

/// Why a message was not sent, did not arrive, or was not answered: a code for programs, a sentence for people.
public struct MessageError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The peer is no living member, or is this node itself. Nothing was sent.
    case notMember
    /// Longer than `messaging.messageLimit`, or its name is longer than 255 bytes. Nothing was sent.
    case tooLong
    /// To a client: the member does not take it, for it has as many clients as it takes. It never got the message.
    case refused
    /// Too much waits already, or too many pings do, and the sender did not want to wait. Nothing was sent.
    case outboxFull
    /// This node has stopped. Nothing was sent.
    case stopped
    /// The peer died or left, or held this node for dead, before it got the message; it never will.
    case notDelivered
    /// The same, after the message was sent and before the peer acknowledged it: it may have arrived.
    case unknown
    /// No reply came in time. The request may have been carried out.
    case deadlineExceeded
    /// The waiting task was cancelled. The message may have arrived.
    case cancelled
    /// The peer has no handler for this.
    case noHandler
    /// The peer's handler has failed; the message is what it said.
    case remoteFailure
    /// A topic's name is empty, too long, or has control characters. Nothing was sent.
    case badTopic
    /// Nobody coordinated, or this node could not reach who does, so a totally ordered publication was not sent.
    case noCoordinator
    /// A value could not be made into bytes. Nothing was sent.
    case notEncodable
    /// The peer could not read the request, or this node not the reply.
    case notDecodable
  }

  public let code: Code
  /// What was wrong, and what to do.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}

extension MessageError {
  init(_ refusal: SendRefusal, peer: NodeID) {
    switch refusal {
    case .notMember: self = .notMember(peer)
    case .tooLong: self = .tooLong
    case .full: self = .outboxFull(peer)
    case .stopped: self = .stopped
    }
  }

  /// What it means to a sender; nil when the message arrived.
  ///
  /// - Parameter refusal: why the peer does not take this client; nil when that is not so.
  init?(_ outcome: MessageOutcome, peer: NodeID, refusal: Refusal? = nil) {
    switch outcome {
    case .delivered: return nil
    case .notDelivered where refusal != nil:
      self.init(.refused, "node \(peer) does not take this client: \(refusal?.clientReason ?? "")")
    case .notDelivered:
      self.init(.notDelivered, "node \(peer) is gone, or held this one for gone, before it got the message")
    case .unknown:
      self.init(.unknown, "node \(peer) is gone, or held this one for gone; whether it got the message is not known")
    }
  }

  static let tooLong = MessageError(
    .tooLong,
    "the message is longer than messaging.messageLimit, or its name than \(Message.nameLimit) bytes; send it in parts, or raise the "
      + "limit at both ends")

  static func notMember(_ peer: NodeID) -> MessageError {
    MessageError(.notMember, "no other living member has the NodeID \(peer); look it up in mesh.members")
  }

  static func outboxFull(_ peer: NodeID) -> MessageError {
    let whom = peer == .unknown ? "with what this node has published" : "for node \(peer)"
    return MessageError(
      .outboxFull, "too much waits \(whom), or in all; wait for room, or raise messaging.outboxLimit")
  }

  static func noCoordinator(_ timeout: Duration) -> MessageError {
    MessageError(
      .noCoordinator,
      "no coordinator took the publication within \(timeout), and it was not sent; see mesh.coordinator, and try again")
  }

  static let tooManyPings = MessageError(
    .outboxFull, "too many pings wait for answers already; send fewer at once")

  static let stopped = MessageError(.stopped, "the node has stopped already")
  static let cancelled = MessageError(.cancelled, "the task that waited was cancelled")

  static func deadlineExceeded(_ peer: NodeID, _ timeout: Duration) -> MessageError {
    MessageError(.deadlineExceeded, "node \(peer) has not answered within \(timeout)")
  }
}
