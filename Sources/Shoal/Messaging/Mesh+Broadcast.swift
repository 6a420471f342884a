public import ShoalCore
import Tracing

/// What became of a publication or broadcast: each member of the view that it was sent to is in one of the two.
public struct BroadcastReceipt: Sendable, Hashable {
  /// Whose processes have it, by NodeID.
  public let acknowledged: [NodeID]
  /// Of whom that is not known, or known not to be so, and why.
  public let missing: [NodeID: MessageError]

  public var isComplete: Bool { missing.isEmpty }

  /// - Parameter timeout: what was waited for; nil when the waiting task was cancelled.
  init(_ progress: BroadcastProgress, timeout: Duration?) {
    acknowledged = progress.acknowledged.sorted()
    var missing: [NodeID: MessageError] = [:]
    for (id, failure) in progress.failed { missing[id] = MessageError(failure, peer: id) }
    for id in progress.pending { missing[id] = timeout.map { .deadlineExceeded(id, $0) } ?? .cancelled }
    self.missing = missing
  }
}

/// Messages to all members. Up to `messaging.broadcastFanOut` of them this node serves itself; in larger clusters they hand it on, so that
/// no node sends more than that.
extension Mesh {
  /// Sends bytes to every other living member of this node's view, and tells who has them.
  ///
  /// They go to the same handlers as messages do. Broadcasts of one node arrive in their order, each once; members that come later get none.
  ///
  /// - Parameter deadline: how long to wait for acknowledgements; who has not sent one by then is `missing` with `.deadlineExceeded`, and
  ///   may get the message later. Default 5 s.
  /// - Throws: `MessageError`; nothing was sent then.
  public func broadcast(
    _ bytes: [UInt8], deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> BroadcastReceipt {
    try await publish(bytes, topic: .everybody, deadline: deadline, options: options)
  }

  /// Sends a value to every other living member, as the serializer of `handlers` writes it. Bytes are sent as they are.
  @_disfavoredOverload
  public func broadcast<Value: Encodable & Sendable>(
    _ value: Value, deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> BroadcastReceipt {
    if let bytes = value as? [UInt8] { return try await broadcast(bytes, deadline: deadline, options: options) }
    var options = options
    if options.name == nil { options.name = MessageHandlers.name(of: Value.self) }
    return try await broadcast(try encode(value), deadline: deadline, options: options)
  }

  /// Publishes bytes to a topic: every other living member that subscribes to it gets them, in its order.
  ///
  /// They travel to every member; those that do not subscribe pass them over, and acknowledge them all the same.
  ///
  /// In a topic of order `.total` the coordinator gives each its place, and this node's own handler gets it as well; without a coordinator it
  /// waits for one until the deadline, and throws `.noCoordinator` then.
  ///
  /// - Parameter options: `whenFull` and `correlation` count; the others do not.
  /// - Throws: `MessageError`; nothing was sent then.
  public func publish(
    _ bytes: [UInt8], to topic: Topic, deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> BroadcastReceipt {
    guard !topic.name.isEmpty else { throw .badTopic(topic) }
    return try await publish(bytes, topic: topic, deadline: deadline, options: options)
  }

  /// Publishes a value, as the serializer of `handlers` writes it. Bytes are sent as they are.
  @_disfavoredOverload
  public func publish<Value: Encodable & Sendable>(
    _ value: Value, to topic: Topic, deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> BroadcastReceipt {
    if let bytes = value as? [UInt8] {
      return try await publish(bytes, to: topic, deadline: deadline, options: options)
    }
    return try await publish(try encode(value), to: topic, deadline: deadline, options: options)
  }

  private func publish(
    _ bytes: [UInt8], topic: Topic, deadline: Duration, options: SendOptions
  ) async throws(MessageError) -> BroadcastReceipt {
    guard topic.isValid else { throw .badTopic(topic) }
    var draft = MessageGate.Draft(
      kind: .publication, peer: .unknown, correlation: options.correlation ?? ReceivedMessage.currentCorrelation,
      name: topic == .everybody ? options.name ?? "" : "", topic: topic, payload: bytes)
    guard let span = begin(&draft) else { return try await publish(draft, deadline: deadline, options) }
    defer { span.end() }
    do throws(MessageError) { return try await publish(draft, deadline: deadline, options) } catch {
      MessageTracing.fail(span, error)
      throw error
    }
  }

  private func publish(
    _ draft: MessageGate.Draft, deadline: Duration, _ options: SendOptions
  ) async throws(MessageError) -> BroadcastReceipt {
    while true {
      do throws(MessageError) {
        return try await driver.gate.publish(draft, timeout: deadline)
      } catch {
        guard error.code == .outboxFull, options.whenFull == .wait else { throw error }
      }
      await driver.gate.waitForRoom(draft)
      if Task.isCancelled { throw .cancelled }
    }
  }
}

extension MessageError {
  init(_ failure: BroadcastFailure, peer: NodeID) {
    switch failure {
    case .gone:
      self.init(
        .unknown, "node \(peer) is gone, or was held gone in between; whether it got the message is not known")
    case .refused(let refusal): self.init(refusal, peer: peer)
    case .orderBroken:
      self.init(
        .unknown, "this node has lost its place in total order; whether node \(peer) got the message is not known")
    case .noSequencer:
      self.init(.noCoordinator, "no coordinator took the message, and it was not sent to node \(peer)")
    }
  }

  static func badTopic(_ topic: Topic) -> MessageError {
    MessageError(
      .badTopic,
      "\"\(topic.name)\" cannot be a topic: give it 1 to \(Message.nameLimit) bytes without control characters")
  }
}
