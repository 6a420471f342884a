public import ShoalCore
import Tracing

/// Whoever sends messages to members: a `Mesh`, or a `MeshClient`, which is no member.
///
/// Messages go over one sealed TCP connection for each pair, apart from gossip. Between two living processes messages of one sender arrive in order, each once; the connection may break and be made again meanwhile.
/// When the peer dies, leaves or restarts, or holds this node for dead, what is not acknowledged ends as `.notDelivered` or `.unknown`.
public protocol MessageSender: Sendable {
  /// What messages go through.
  var outlet: MessageOutlet { get }
}

/// What a node's or a client's messages go through. There is nothing to do with it but to send.
public struct MessageOutlet: Sendable {
  let nodeID: NodeID
  let gate: MessageGate
  let tracing: MessageTracing
  let handlers: MessageHandlers
  let mayBeSentTo: @Sendable (NodeID) -> Bool
  let isStopped: @Sendable () -> Bool
  /// Finds out whether a process that is not known may be sent to; nil for whoever knows all.
  let lookUp: (@Sendable () async -> Void)?
}

extension MessageSender {
  /// What is done with messages that come in.
  public var handlers: MessageHandlers { outlet.handlers }

  // MARK: One way

  /// Sends bytes to a member; a member may also send to a client that has a session with it.
  ///
  /// Returns when they are queued here, or, with `.acknowledged`, when the peer's process has them. Of two calls one after the other, the
  /// first one's message arrives first, unless only one of them is bulk. Costs a lock; it waits only for room, or for the peer.
  ///
  /// - Throws: `MessageError`. A message that could not be queued was not sent; `.unknown` and `.cancelled` leave open whether it arrived.
  public func send(_ bytes: [UInt8], to peer: NodeID, options: SendOptions = SendOptions()) async throws(MessageError) {
    await lookUp(peer)
    var draft = try draft(.send, bytes, to: peer, options)
    guard let span = begin(&draft) else { return try await deliver(draft, options) }
    defer { span.end() }
    do throws(MessageError) { try await deliver(draft, options) } catch {
      MessageTracing.fail(span, error)
      throw error
    }
  }

  /// Submits a message until there is room for it, and waits for what the sender wants.
  private func deliver(_ draft: MessageGate.Draft, _ options: SendOptions) async throws(MessageError) {
    while true {
      do throws(MessageError) {
        if options.completion == .accepted {
          try outlet.gate.submit(draft)
        } else {
          try await outlet.gate.submitAwaitingReceipt(draft)
        }
        return
      } catch {
        guard error.code == .outboxFull, options.whenFull == .wait else { throw error }
      }
      await outlet.gate.waitForRoom(draft)
      if Task.isCancelled { throw .cancelled }
      guard outlet.mayBeSentTo(draft.peer) else { throw .notMember(draft.peer) }
    }
  }

  /// Sends a value, as the serializer of `handlers` writes it. Bytes are sent as they are.
  @_disfavoredOverload
  public func send<Value: Encodable & Sendable>(
    _ value: Value, to peer: NodeID, options: SendOptions = SendOptions()
  ) async throws(MessageError) {
    if let bytes = value as? [UInt8] { return try await send(bytes, to: peer, options: options) }
    var options = options
    if options.name == nil { options.name = MessageHandlers.name(of: Value.self) }
    try await send(try encode(value), to: peer, options: options)
  }

  /// Sends bytes and forgets them: nobody hears what becomes of them. Never waits; throws `.outboxFull` when too much waits already.
  public func sendOneWay(
    _ bytes: [UInt8], to peer: NodeID, options: SendOptions = SendOptions()
  ) throws(MessageError) {
    var draft = try draft(.send, bytes, to: peer, options)
    let span = begin(&draft)
    defer { span?.end() }
    do throws(MessageError) { try outlet.gate.submit(draft) } catch {
      if let span { MessageTracing.fail(span, error) }
      throw error
    }
  }

  // MARK: Request and reply

  /// Asks a member, and waits for its reply.
  ///
  /// - Parameter deadline: how long to wait; the peer's handler is cancelled then, as when the waiting task is cancelled. Default 5 s.
  /// - Throws: `MessageError`: `.remoteFailure` with what the handler threw, `.noHandler`, `.deadlineExceeded`, `.cancelled`, or why the
  ///   request did not arrive.
  public func request(
    _ bytes: [UInt8], to peer: NodeID, deadline: Duration = .seconds(5), options: SendOptions = SendOptions()
  ) async throws(MessageError) -> [UInt8] {
    await lookUp(peer)
    var draft = try draft(.request, bytes, to: peer, options)
    guard let span = begin(&draft) else { return try await outlet.gate.ask(draft, timeout: deadline) }
    defer { span.end() }
    do throws(MessageError) { return try await outlet.gate.ask(draft, timeout: deadline) } catch {
      MessageTracing.fail(span, error)
      throw error
    }
  }

  /// Asks with a value, and reads the reply as one of another type.
  @_disfavoredOverload
  public func request<Value: Encodable & Sendable, Answer: Decodable & Sendable>(
    _ value: Value, to peer: NodeID, expecting type: Answer.Type = Answer.self, deadline: Duration = .seconds(5),
    options: SendOptions = SendOptions()
  ) async throws(MessageError) -> Answer {
    var options = options
    if options.name == nil { options.name = MessageHandlers.name(of: Value.self) }
    let reply = try await request(try encode(value), to: peer, deadline: deadline, options: options)
    do { return try handlers.serializer.decode(type, from: reply) } catch {
      throw MessageError(.notDecodable, "the reply of node \(peer) is no \(type): \(error)")
    }
  }

  // MARK: Helpers

  func encode(_ value: some Encodable) throws(MessageError) -> [UInt8] {
    do { return try handlers.serializer.encode(value) } catch {
      throw MessageError(.notEncodable, "a \(type(of: value)) could not be encoded: \(error)")
    }
  }

  /// Begins the span of a message; nil when nobody traces.
  func begin(_ draft: inout MessageGate.Draft) -> (any Span)? {
    outlet.tracing.begin(&draft, from: outlet.nodeID, by: outlet.gate)
  }

  private func lookUp(_ peer: NodeID) async {
    if let lookUp = outlet.lookUp, !outlet.mayBeSentTo(peer), !outlet.isStopped() { await lookUp() }
  }

  private func draft(
    _ kind: MessageKind, _ bytes: [UInt8], to peer: NodeID, _ options: SendOptions
  ) throws(MessageError) -> MessageGate.Draft {
    guard outlet.mayBeSentTo(peer) else { throw outlet.isStopped() ? .stopped : .notMember(peer) }
    return MessageGate.Draft(
      kind: kind, peer: peer, lane: options.lane,
      isPressing: kind == .send && options.completion == .acknowledged,
      correlation: options.correlation ?? ReceivedMessage.currentCorrelation, name: options.name ?? "",
      payload: bytes)
  }
}
