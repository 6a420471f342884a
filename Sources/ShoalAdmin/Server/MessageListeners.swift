import Foundation
import Shoal
import Synchronization

/// Everybody who listens to the messages of one node over its control API. Whoever lets go of a listener listens no more.
///
/// The node subscribes to a topic while somebody listens to it.
final class MessageListeners: Sendable {
  /// So many may listen at once.
  static let limit = 16
  /// To so many topics each.
  static let topicLimit = 16

  private struct WeakListener: Sendable {
    weak let listener: MessageListener?
  }

  private struct State {
    var listeners: [WeakListener] = []
    var subscribed: Set<Topic> = []
    var isClosed = false

    /// Those that listen to a topic, or with nil to messages under no name.
    func present(_ topic: Topic?) -> [MessageListener] {
      listeners.compactMap(\.listener).filter { topic.map($0.topics.contains) ?? $0.topics.isEmpty }
    }
  }

  private let state = Mutex(State())
  private let mesh: Mesh

  init(_ mesh: Mesh) { self.mesh = mesh }

  /// Takes over the messages of raw bytes that the node gets. Those that nobody listens to are dropped.
  func attach() {
    mesh.handlers.onMessage { [weak self] message in
      self?.put(nil) { mesh in HeardReport(message, in: mesh) }
    }
    mesh.handlers.onOrderBroken { [weak self] position in
      for listener in self?.state.withLock({ $0.listeners.compactMap(\.listener) }) ?? [] {
        listener.noteOrderBroken(position)
      }
    }
  }

  /// - Returns: nil when too many listen already, or the server is about to end.
  func add(topics: Set<Topic>) -> MessageListener? {
    state.withLock { state in
      prune(&state)
      guard !state.isClosed, state.listeners.count < Self.limit else { return nil }
      let listener = MessageListener(topics: topics)
      state.listeners.append(WeakListener(listener: listener))
      for topic in topics.subtracting(state.subscribed) { subscribe(to: topic) }
      state.subscribed.formUnion(topics)
      return listener
    }
  }

  /// Ends what everybody listens to; nobody is added any more.
  func close() {
    let listeners = state.withLock { state in
      state.isClosed = true
      let present = state.listeners.compactMap(\.listener)
      state.listeners = []
      prune(&state)
      return present
    }
    for listener in listeners { listener.finish() }
  }

  private func subscribe(to topic: Topic) {
    mesh.handlers.onTopic(topic) { [weak self] message in
      self?.put(topic) { mesh in HeardReport(message, in: mesh) }
    }
  }

  private func put(_ topic: Topic?, _ report: (Mesh) -> HeardReport) {
    let listeners = state.withLock { state in
      let present = state.present(topic)
      if present.isEmpty { prune(&state) }
      return present
    }
    guard !listeners.isEmpty else { return }
    let report = report(mesh)
    for listener in listeners { listener.put(report) }
  }

  /// Forgets who is gone, and ends subscriptions that nobody wants any more.
  private func prune(_ state: inout State) {
    state.listeners.removeAll { $0.listener == nil }
    for topic in state.subscribed where state.present(topic).isEmpty {
      mesh.handlers.removeTopic(topic)
      state.subscribed.remove(topic)
    }
  }
}

extension HeardReport {
  fileprivate init(_ message: ReceivedMessage, in mesh: Mesh) {
    self.init(message.bytes, from: Self.node(message.sender, in: mesh), correlation: message.correlation, at: Self.now)
  }

  fileprivate init(_ message: TopicMessage, in mesh: Mesh) {
    self.init(
      message.bytes, from: Self.node(message.publisher, in: mesh), correlation: message.correlation, at: Self.now)
    topic = message.topic.name
    missed = message.missed
    position = message.position?.description
  }

  private static func node(_ id: NodeID, in mesh: Mesh) -> RecordReport.Node {
    RecordReport.Node(id: id.description, name: mesh.member(id)?.name)
  }

  private static var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1_000)) }
}
