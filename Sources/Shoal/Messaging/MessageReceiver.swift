import Logging
import ShoalCore
import Synchronization

/// Hands the messages that come in to handlers, off the event loop.
///
/// Each flow has a queue of its own, emptied by one task at a time; that keeps the order. Requests are answered beside it.
final class MessageReceiver: Sendable {
  struct Item: Sendable {
    let message: Message
    let origin: MessengerEvent.Origin
  }

  /// A publication in its turn, and what of its sender's window it holds.
  struct Published: Sendable {
    let publication: Publication
    let missed: UInt64
    let cost: Int
    let origin: MessengerEvent.Origin?
  }

  enum Work: Sendable {
    case message(Item)
    case published(Published)
    case orderBroken(TopicPosition)
  }

  /// What is handled one after the other.
  private enum Flow: Hashable {
    case lane(NodeID, MessageLane)
    case publisher(NodeID, Topic)
    /// Of causal topics, whose order is over all publishers.
    case topic(Topic)
    /// Of totally ordered topics, which have one order together.
    case ordered

    init(_ work: Work) {
      switch work {
      case .message(let item): self = .lane(item.origin.peer, item.origin.lane)
      case .published(let published):
        let topic = published.publication.topic
        switch topic.order {
        case .fifo: self = .publisher(published.publication.key.publisher, topic)
        case .causal: self = .topic(topic)
        case .total: self = .ordered
        }
      case .orderBroken: self = .ordered
      }
    }
  }

  private struct Asked: Hashable {
    let peer: NodeID
    let number: UInt64

    init(peer: NodeID, number: UInt64) {
      self.peer = peer
      self.number = number
    }

    init(_ item: Item) { self.init(peer: item.origin.peer, number: item.message.number) }
  }

  /// How far a request is.
  private enum Answering {
    case waiting
    case running(Task<Void, Never>)
    /// The asker stopped waiting before its handler began.
    case abandoned
  }

  private struct State {
    /// What waits, of flows that a task empties.
    var queues: [Flow: [Work]] = [:]
    var requests: [Asked: Answering] = [:]
  }

  private let state = Mutex(State())
  private let handlers: MessageHandlers
  private let gate: MessageGate
  private let tracing: MessageTracing
  private let logger: Logger

  /// So much is handled before its sender hears that there is room again.
  private static let reportBytes = 65_536

  init(handlers: MessageHandlers, gate: MessageGate, tracing: MessageTracing, logger: Logger) {
    self.handlers = handlers
    self.gate = gate
    self.tracing = tracing
    self.logger = logger
  }

  /// Takes over what has come in, in order.
  func take(_ works: [Work]) {
    var idle: [Flow] = []
    var requests: [Item] = []
    state.withLock { state in
      for work in works {
        let flow = Flow(work)
        if case .message(let item) = work, item.message.kind == .request {
          state.requests[Asked(item)] = .waiting
          // With nothing before it, it needs no place in the queue.
          guard state.queues[flow] != nil else {
            requests.append(item)
            continue
          }
        }
        if state.queues[flow] == nil {
          state.queues[flow] = [work]
          idle.append(flow)
        } else {
          state.queues[flow]?.append(work)
        }
      }
    }
    for item in requests { answer(item) }
    for flow in idle { Task { await self.empty(flow) } }
  }

  /// The asker does not wait any more.
  func cancel(_ number: UInt64, from peer: NodeID) {
    let asked = Asked(peer: peer, number: number)
    let task = state.withLock { state -> Task<Void, Never>? in
      switch state.requests[asked] {
      case .running(let task): return task
      case .waiting: state.requests[asked] = .abandoned
      case .abandoned, nil: break
      }
      return nil
    }
    task?.cancel()
  }

  /// Cancels whatever is being answered: the node has stopped.
  func stop() {
    let tasks = state.withLock { state in
      defer { state.queues = [:] }
      return state.requests.values.compactMap { if case .running(let task) = $0 { task } else { nil } }
    }
    for task in tasks { task.cancel() }
  }

  // MARK: Handling

  private func empty(_ flow: Flow) async {
    while let works = next(flow) {
      var handled = MessageGate.Handled()
      var bytes = 0
      for work in works {
        if bytes >= Self.reportBytes {
          gate.report(handled)
          handled = MessageGate.Handled()
          bytes = 0
        }
        switch work {
        case .message(let item) where item.message.kind == .request: answer(item)
        case .message(let item):
          await handle(item)
          let cost = ChunkLimits.cost(of: item.message.payload.count)
          handled.add(cost, from: item.origin)
          bytes += cost
        case .published(let published):
          await handle(published)
          handled.add(published.cost, from: published.origin)
          bytes += published.cost
        case .orderBroken(let position): await handlers.orderHandler?(position)
        }
      }
      gate.report(handled)
    }
  }

  /// What waits in a flow; nil when nothing does, and then another task will empty it.
  private func next(_ flow: Flow) -> [Work]? {
    state.withLock { state in
      guard let works = state.queues[flow], !works.isEmpty else {
        state.queues[flow] = nil
        return nil
      }
      state.queues[flow] = []
      return works
    }
  }

  private func handle(_ item: Item) async {
    let message = ReceivedMessage(item.message, from: item.origin.peer)
    guard let handler = handlers.sendHandler(message.name) else {
      noteUnhandled(message, "no handler for a message")
      return
    }
    do {
      try await tracing.handling(message, under: item.message.context) {
        try await ReceivedMessage.$currentCorrelation.withValue(message.correlation) { try await handler(message) }
      }
    } catch { noteUnhandled(message, "a message is no value of the handler's type: \(error)") }
  }

  private func handle(_ published: Published) async {
    let publication = published.publication
    let message = ReceivedMessage(publication)
    let handler: @Sendable () async throws -> Void
    if publication.topic != .everybody {
      // Whoever does not subscribe has nothing to handle.
      guard let handle = handlers.topicHandler(publication.topic) else { return }
      handler = { try await handle(TopicMessage(publication, missed: published.missed)) }
    } else {
      guard let handle = handlers.sendHandler(publication.name) else {
        return noteUnhandled(message, "no handler for a broadcast")
      }
      handler = { try await handle(message) }
    }
    do {
      try await tracing.handling(message, of: publication.topic, under: publication.context) {
        try await ReceivedMessage.$currentCorrelation.withValue(publication.correlation) { try await handler() }
      }
    } catch { noteUnhandled(message, "a publication is no value of the handler's type: \(error)") }
  }

  private func noteUnhandled(_ message: ReceivedMessage, _ sentence: String) {
    gate.noteUnhandled()
    log(message, sentence)
  }

  private func log(_ message: ReceivedMessage, _ sentence: String) {
    logger.debug(
      "\(sentence)",
      metadata: [
        "message": "\(message.id)", "name": "\(message.name)", "correlation": "\(message.correlation)",
      ])
  }

  /// Answers a request in a task of its own, which the asker can cancel.
  private func answer(_ item: Item) {
    let asked = Asked(item)
    let isWanted = state.withLock { state in
      guard case .waiting = state.requests[asked] else { return false }
      state.requests[asked] = .running(
        Task {
          await self.respond(to: item)
          self.state.withLock { $0.requests[asked] = nil }
        })
      return true
    }
    if !isWanted {
      state.withLock { $0.requests[asked] = nil }
      gate.report(Self.handled(item))
    }
  }

  private static func handled(_ item: Item) -> MessageGate.Handled {
    var handled = MessageGate.Handled()
    handled.add(ChunkLimits.cost(of: item.message.payload.count), from: item.origin)
    return handled
  }

  private func respond(to item: Item) async {
    // The asker stopped waiting before this task began.
    guard !Task.isCancelled else { return gate.report(Self.handled(item)) }
    let message = ReceivedMessage(item.message, from: item.origin.peer)
    guard let handler = handlers.requestHandler(message.name) else {
      noteUnhandled(message, "no handler for a request")
      await reply(to: item, .failure, RequestFailure(.noHandler, "\"\(item.message.name)\"").bytes)
      return
    }
    do {
      let bytes = try await tracing.handling(message, under: item.message.context) {
        try await ReceivedMessage.$currentCorrelation.withValue(message.correlation) { try await handler(message) }
      }
      await reply(to: item, .reply, bytes)
    } catch let error as MessageHandlers.NotDecodable {
      await reply(to: item, .failure, RequestFailure(.notDecodable, error.text).bytes)
    } catch {
      log(message, "a request's handler has failed: \(error)")
      await reply(to: item, .failure, RequestFailure(.handlerFailed, "\(error)").bytes)
    }
  }

  /// Sends the reply, and reports the request as handled, both at once where that can be.
  private func reply(to item: Item, _ kind: MessageKind, _ bytes: [UInt8]) async {
    let handled = Self.handled(item)
    let draft = MessageGate.Draft(
      kind: kind, peer: item.origin.peer, lane: .replies, correlation: item.message.correlation,
      request: item.message.number, payload: bytes)
    while !Task.isCancelled {
      do throws(MessageError) {
        return try gate.submit(draft, handled: handled)
      } catch {
        switch error.code {
        case .outboxFull: await gate.waitForRoom(draft)
        case .tooLong:
          // The asker must not wait for what cannot come.
          let failure = RequestFailure(.handlerFailed, "the reply is too long: \(bytes.count) bytes")
          try? gate.submit(
            MessageGate.Draft(
              kind: .failure, peer: draft.peer, lane: .replies, correlation: draft.correlation, request: draft.request,
              payload: failure.bytes))
          return gate.report(handled)
        case .notMember, .refused, .stopped, .notDelivered, .unknown, .deadlineExceeded, .cancelled, .noHandler,
          .remoteFailure,
          .badTopic, .noCoordinator, .notEncodable, .notDecodable:
          return gate.report(handled)
        }
      }
    }
    gate.report(handled)
  }
}
