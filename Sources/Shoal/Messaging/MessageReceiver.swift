import Logging
import ShoalCore
import Synchronization

/// Hands the messages that come in to handlers, off the event loop.
///
/// Each lane of each sender has a queue of its own, emptied by one task at a time; that keeps the order. Requests are answered beside it.
final class MessageReceiver: Sendable {
  struct Item: Sendable {
    let message: Message
    let origin: MessengerEvent.Origin
  }

  private struct Way: Hashable {
    let peer: NodeID
    let lane: MessageLane
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
    /// What waits, of lanes that a task empties.
    var queues: [Way: [Item]] = [:]
    var requests: [Asked: Answering] = [:]
  }

  private let state = Mutex(State())
  private let handlers: MessageHandlers
  private let gate: MessageGate
  private let logger: Logger

  /// So much is handled before its sender hears that there is room again.
  private static let reportBytes = 65_536

  init(handlers: MessageHandlers, gate: MessageGate, logger: Logger) {
    self.handlers = handlers
    self.gate = gate
    self.logger = logger
  }

  /// Takes over what has come in, in order.
  func take(_ items: [Item]) {
    var idle: [Way] = []
    state.withLock { state in
      for item in items {
        if item.message.kind == .request { state.requests[Asked(item)] = .waiting }
        let way = Way(peer: item.origin.peer, lane: item.origin.lane)
        if state.queues[way] == nil {
          state.queues[way] = [item]
          idle.append(way)
        } else {
          state.queues[way]?.append(item)
        }
      }
    }
    for way in idle { Task { await self.empty(way) } }
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

  private func empty(_ way: Way) async {
    while let items = next(way) {
      var consumed = 0
      var last: MessengerEvent.Origin?
      for item in items {
        if let last, last != item.origin || consumed >= Self.reportBytes {
          gate.report(consumed: [(last, consumed)])
          consumed = 0
        }
        if item.message.kind == .request {
          answer(item)
        } else {
          await handle(item)
          consumed += ChunkLimits.cost(of: item.message.payload.count)
          last = item.origin
        }
      }
      if let last { gate.report(consumed: [(last, consumed)]) }
    }
  }

  /// What waits in a lane; nil when nothing does, and then another task will empty it.
  private func next(_ way: Way) -> [Item]? {
    state.withLock { state in
      guard let items = state.queues[way], !items.isEmpty else {
        state.queues[way] = nil
        return nil
      }
      state.queues[way] = []
      return items
    }
  }

  private func handle(_ item: Item) async {
    guard let handler = handlers.sendHandler(item.message.name) else {
      noteUnhandled(item, "no handler for a message")
      return
    }
    do {
      try await ReceivedMessage.$currentCorrelation.withValue(item.message.correlation) {
        try await handler(ReceivedMessage(item.message, from: item.origin.peer))
      }
    } catch { noteUnhandled(item, "a message is no value of the handler's type: \(error)") }
  }

  private func noteUnhandled(_ item: Item, _ sentence: String) {
    gate.noteUnhandled()
    logger.debug(
      "\(sentence)",
      metadata: [
        "message": "\(MessageID(sender: item.origin.peer, number: item.message.number))",
        "name": "\(item.message.name)", "correlation": "\(item.message.correlation)",
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
          self.end(item)
        })
      return true
    }
    if !isWanted { end(item) }
  }

  private func end(_ item: Item) {
    state.withLock { $0.requests[Asked(item)] = nil }
    gate.report(consumed: [(item.origin, ChunkLimits.cost(of: item.message.payload.count))])
  }

  private func respond(to item: Item) async {
    guard let handler = handlers.requestHandler(item.message.name) else {
      noteUnhandled(item, "no handler for a request")
      await reply(to: item, .failure, RequestFailure(.noHandler, "\"\(item.message.name)\"").bytes)
      return
    }
    do {
      let bytes = try await ReceivedMessage.$currentCorrelation.withValue(item.message.correlation) {
        try await handler(ReceivedMessage(item.message, from: item.origin.peer))
      }
      await reply(to: item, .reply, bytes)
    } catch let error as MessageHandlers.NotDecodable {
      await reply(to: item, .failure, RequestFailure(.notDecodable, error.text).bytes)
    } catch {
      await reply(to: item, .failure, RequestFailure(.handlerFailed, "\(error)").bytes)
    }
  }

  private func reply(to item: Item, _ kind: MessageKind, _ bytes: [UInt8]) async {
    let draft = MessageGate.Draft(
      kind: kind, peer: item.origin.peer, lane: .replies, correlation: item.message.correlation,
      request: item.message.number, payload: bytes)
    while !Task.isCancelled {
      do throws(MessageError) {
        return try gate.submit(draft)
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
          return
        case .notMember, .stopped, .notDelivered, .unknown, .deadlineExceeded, .cancelled, .noHandler, .remoteFailure,
          .notEncodable, .notDecodable:
          return
        }
      }
    }
  }
}
