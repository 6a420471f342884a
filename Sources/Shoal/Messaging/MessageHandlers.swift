public import ShoalCore
import Synchronization

/// What a node does with the messages that it gets. Give it to `MeshConfiguration.handlers` before the node starts, so that none comes
/// too early; more may be added at any time.
///
/// One-way messages of one sender are handled one after the other, in order; those of several senders, and all requests, at once. A
/// message counts against its sender's window until its handler is done: whoever handles slowly slows its senders down.
public final class MessageHandlers: Sendable {
  typealias SendHandler = @Sendable (ReceivedMessage) async throws -> Void
  typealias RequestHandler = @Sendable (ReceivedMessage) async throws -> [UInt8]
  typealias TopicHandler = @Sendable (TopicMessage) async throws -> Void
  typealias OrderHandler = @Sendable (TopicPosition) async -> Void
  public typealias BreakHandler = @Sendable (NodeID, SessionEnd) -> Void

  private struct Registry {
    var sends: [String: SendHandler] = [:]
    var requests: [String: RequestHandler] = [:]
    var topics: [Topic: TopicHandler] = [:]
    /// Rises when a topic comes or goes.
    var topicsVersion: UInt64 = 0
    var onBreak: BreakHandler?
    var onOrderBroken: OrderHandler?
  }

  private let registry = Mutex(Registry())
  let serializer: any MessageSerializer

  /// - Parameter serializer: for values; default JSON.
  public init(serializer: any MessageSerializer = JSONMessageSerializer()) { self.serializer = serializer }

  // MARK: Raw bytes

  /// Handles what is sent as bytes.
  ///
  /// - Parameter name: handles only what is sent under this name. Default empty: what is sent under none.
  public func onMessage(named name: String = "", _ handler: @escaping @Sendable (ReceivedMessage) async -> Void) {
    registry.withLock { $0.sends[name] = handler }
  }

  /// Answers what is asked in bytes. What the handler throws reaches the asker as `.remoteFailure`.
  public func onRequest(
    named name: String = "", _ handler: @escaping @Sendable (ReceivedMessage) async throws -> [UInt8]
  ) {
    registry.withLock { $0.requests[name] = handler }
  }

  // MARK: Topics

  /// Subscribes to a topic: handles what others publish to it from now on, one after the other, in its order. Publications of several
  /// publishers to a `.fifo` topic are handled at once. A handler that was there before is replaced.
  public func onTopic(_ topic: Topic, _ handler: @escaping @Sendable (TopicMessage) async -> Void) {
    set(topic, handler)
  }

  /// The same, for values of one type. Bytes that are no such value are counted as unhandled, and logged.
  public func onTopic<Value: Decodable & Sendable>(
    _ topic: Topic, of type: Value.Type, _ handler: @escaping @Sendable (Value, TopicMessage) async -> Void
  ) {
    let serializer = serializer
    set(topic) { message in
      await handler(try Self.decode(type, from: message.bytes, by: serializer), message)
    }
  }

  /// Told when this node has lost its place in total order: it was away for too long, or was on another side of a split. Called in turn with
  /// the handlers of totally ordered topics, between the last publication before and the first one after.
  ///
  /// - Parameter handler: gets the position of the last publication that belongs to the order before, and can be relied on as far as
  ///   that reign's order goes. What comes next goes on from where the order is now; whoever keeps state by it has to get that from another
  ///   member.
  public func onOrderBroken(_ handler: @escaping @Sendable (TopicPosition) async -> Void) {
    registry.withLock { $0.onOrderBroken = handler }
  }

  /// Ends a subscription.
  public func removeTopic(_ topic: Topic) { set(topic, nil) }

  private func set(_ topic: Topic, _ handler: TopicHandler?) {
    registry.withLock { registry in
      registry.topics[topic] = handler
      registry.topicsVersion += 1
    }
  }

  // MARK: Values

  /// Handles values of one type. Bytes that are no such value are counted as unhandled, and logged.
  ///
  /// - Parameter name: under which they are sent. Default the type's full name, which both ends must share.
  public func onMessage<Value: Decodable & Sendable>(
    _ type: Value.Type, named name: String? = nil, _ handler: @escaping @Sendable (Value, ReceivedMessage) async -> Void
  ) {
    let serializer = serializer
    registry.withLock { registry in
      registry.sends[name ?? Self.name(of: type)] = { message in
        await handler(try Self.decode(type, from: message.bytes, by: serializer), message)
      }
    }
  }

  /// Answers requests of one type with values of another.
  public func onRequest<Value: Decodable & Sendable, Answer: Encodable & Sendable>(
    _ type: Value.Type, named name: String? = nil,
    _ handler: @escaping @Sendable (Value, ReceivedMessage) async throws -> Answer
  ) {
    let serializer = serializer
    onRequest(named: name ?? Self.name(of: type)) { message in
      try serializer.encode(try await handler(try Self.decode(type, from: message.bytes, by: serializer), message))
    }
  }

  // MARK: Sessions

  /// Told, on the node's event loop, when the session with a peer that had talked to this node is over: messages of either side may be
  /// missing from here on, and order begins anew.
  public func onBreak(_ handler: @escaping @Sendable (NodeID, SessionEnd) -> Void) {
    registry.withLock { $0.onBreak = handler }
  }

  // MARK: For the node

  /// The name under which values of a type are sent.
  static func name(of type: any Any.Type) -> String { String(reflecting: type) }

  func sendHandler(_ name: String) -> SendHandler? { registry.withLock { $0.sends[name] } }

  func requestHandler(_ name: String) -> RequestHandler? { registry.withLock { $0.requests[name] } }

  func topicHandler(_ topic: Topic) -> TopicHandler? { registry.withLock { $0.topics[topic] } }

  var orderHandler: OrderHandler? { registry.withLock(\.onOrderBroken) }

  /// What is subscribed to; nil when that is as it was at `version`.
  func topics(since version: inout UInt64) -> Set<Topic>? {
    let current = registry.withLock { registry in
      registry.topicsVersion == version ? nil : (registry.topicsVersion, Set(registry.topics.keys))
    }
    guard let current else { return nil }
    version = current.0
    return current.1
  }

  func sessionBroken(_ peer: NodeID, _ end: SessionEnd) { registry.withLock(\.onBreak)?(peer, end) }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], by serializer: any MessageSerializer
  ) throws(NotDecodable) -> Value {
    do { return try serializer.decode(type, from: bytes) } catch { throw NotDecodable(text: "\(error)") }
  }

  struct NotDecodable: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }
}
