import Logging
import NIOCore
import ShoalCore

/// Runs a node's messenger beside its engine, on the same event loop: carries messages and outcomes between the gate, the messenger and
/// the connections that the engine has handed over. Confined to that loop, as its driver is.
final class MessageDriver: NIOScheduledCallbackHandler, @unchecked Sendable {
  private unowned let driver: EngineDriver
  private var messenger: Messenger
  private var outbox = MessengerOutbox()
  /// The connections that are the messenger's.
  private var channels: [StreamID: StreamConnection] = [:]
  /// When requests stop being waited for; those that were answered meanwhile are passed over.
  private var deadlines = TimerTable<RequestTimer>()
  private var timer: NIOScheduledCallback?
  private var timerDeadline: Instant?
  private var isFlushing = false
  private let receiver: MessageReceiver
  private var gate: MessageGate { driver.gate }

  /// So often writing goes on while a connection takes more, before others have their turn.
  private static let roundLimit = 4

  private enum RequestTimer: BitwiseCopyable {
    case deadline
  }

  init(driver: EngineDriver, randomSeed: UInt64) {
    self.driver = driver
    messenger = Messenger(
      identity: driver.identity.id, configuration: driver.configuration.core.messaging, randomSeed: randomSeed)
    receiver = MessageReceiver(handlers: driver.configuration.handlers, gate: driver.gate, logger: driver.logger)
  }

  // MARK: From the engine

  /// Tells the messenger who has come and gone, and gives it the streams that are its own from now on. `flush` must follow.
  func engineStepped(_ engineOutbox: borrowing Outbox, now: Instant) {
    for event in engineOutbox.events {
      switch event {
      case .joined(let member), .recovered(let member): messenger.peerReturned(member.id, now: now)
      case .died(let member), .left(let member): messenger.peerGone(member.id, now: now, into: &outbox)
      case .reaped(let member): messenger.peerForgotten(member.id)
      case .updated, .metadataChanged, .suspected, .admitted, .joinFailed, .isolated, .isolationEnded, .stopped: break
      }
    }
    for handover in engineOutbox.handovers {
      switch handover {
      case .opened(let id, let peer):
        guard own(id) else { continue }
        messenger.opened(id, peer: peer, now: now, into: &outbox)
      case .failed(let peer): messenger.dialFailed(peer, now: now, into: &outbox)
      case .accepted(let id, let peer, let hello):
        guard own(id) else { continue }
        engineOutbox.withBytes(hello) { messenger.accepted(id, peer: peer, hello: $0, now: now, into: &outbox) }
      }
    }
  }

  /// False when the connection has gone meanwhile; its end is told all the same.
  private func own(_ id: StreamID) -> Bool {
    guard let connection = driver.streams[id] else { return false }
    connection.isChannel = true
    channels[id] = connection
    return true
  }

  // MARK: From connections

  func received(_ frame: [UInt8], on id: StreamID) {
    messenger.received(frame.rawSpan, on: id, now: SystemClock.now().monotonic, into: &outbox)
  }

  func closed(_ id: StreamID) {
    channels[id] = nil
    messenger.closed(id, now: SystemClock.now().monotonic, into: &outbox)
    flush()
  }

  func writabilityChanged(_ connection: StreamConnection) {
    messenger.writable(connection.id, connection.isWritable)
    flush()
  }

  /// Breaks all connections, in a bench. Returns how many there were.
  func cutChannels() -> Int {
    let connections = channels.values.sorted { $0.id.raw < $1.id.raw }
    for connection in connections { connection.cut() }
    return connections.count
  }

  // MARK: From tasks

  /// Takes over what tasks have left at the gate.
  func takeIntake() {
    guard !driver.isClosed, driver.standstill == nil else { return }
    let intake = gate.takeIntake()
    for submission in intake.submissions { submit(submission) }
    for (origin, cost) in intake.consumed { messenger.consumed(cost: cost, from: origin) }
    flush()
  }

  private func submit(_ submission: MessageGate.Submission) {
    let message = submission.message
    do throws(SendRefusal) {
      guard driver.engine.isLivingPeer(submission.peer) else { throw .notMember }
      try messenger.send(message, to: submission.peer, lane: submission.lane, isPressing: submission.isPressing)
      if let deadline = submission.deadline { deadlines.set(.deadline, key: message.number, at: deadline) }
    } catch {
      gate.finish([
        MessageGate.Finished(
          number: message.number, peer: submission.peer, payloadBytes: message.payload.count,
          error: MessageError(error, peer: submission.peer))
      ])
    }
  }

  // MARK: Carrying out

  /// Writes, dials and hands over what the calls before have led to.
  func flush() {
    guard !isFlushing, !driver.isClosed, driver.standstill == nil else { return }
    isFlushing = true
    var rounds = 0
    var isMore = true
    while isMore, rounds < Self.roundLimit {
      messenger.flush(now: SystemClock.now().monotonic, into: &outbox)
      isMore = carryOut()
      rounds += 1
    }
    isFlushing = false
    driver.publisher.publish([]) { $0.messaging = messenger.counters }
    // The driver is held until then: it may be let go of meanwhile.
    if isMore { driver.eventLoop.assumeIsolated().execute { [driver] in driver.messages.flush() } }
    schedule()
  }

  /// - Returns: whether a connection that was written to takes more.
  private func carryOut() -> Bool {
    let actions = outbox.actions
    let events = outbox.events
    var written: [StreamConnection] = []
    for action in actions {
      switch action {
      case .dial(let peer):
        driver.step { engine, now, engineOutbox in engine.openChannel(to: peer, now: now, into: &engineOutbox) }
      case .write(let id, let range):
        guard let connection = channels[id] else { continue }
        outbox.withBytes(range) { connection.writeWithoutFlush($0) }
        if written.last !== connection { written.append(connection) }
      case .close(let id, let fault):
        if let fault { log(fault, on: id) }
        channels[id] = nil
        driver.perform(.close(id))
      }
    }
    outbox.removeAll()
    var isMore = false
    for connection in written {
      connection.flush()
      messenger.writable(connection.id, connection.isWritable)
      isMore = isMore || connection.isWritable
    }
    handle(events)
    return isMore && messenger.hasWork
  }

  private func handle(_ events: [MessengerEvent]) {
    guard !events.isEmpty else { return }
    var items: [MessageReceiver.Item] = []
    var finished: [MessageGate.Finished] = []
    for event in events {
      switch event {
      case .received(let message, let origin): sort(message, origin, into: &items)
      case .finished(let number, let bytes, let peer, let outcome):
        finished.append(
          MessageGate.Finished(
            number: number, peer: peer, payloadBytes: bytes, error: MessageError(outcome, peer: peer)))
      case .broken(let peer, let generation, let end):
        driver.logger.info(
          "a session has ended", metadata: ["peer": "\(peer.short)", "generation": "\(generation)", "why": "\(end)"])
        driver.configuration.handlers.sessionBroken(peer, end)
      }
    }
    if !items.isEmpty { receiver.take(items) }
    if !finished.isEmpty { gate.finish(finished) }
  }

  /// Replies go to whoever waits at once, all else to handlers.
  private func sort(
    _ message: Message, _ origin: MessengerEvent.Origin, into items: inout [MessageReceiver.Item]
  ) {
    switch message.kind {
    case .send, .request:
      items.append(MessageReceiver.Item(message: message, origin: origin))
      return
    case .reply: gate.answer(message.request, from: origin.peer, .success(message.payload))
    case .failure:
      let failure = RequestFailure(bytes: message.payload)
      gate.answer(message.request, from: origin.peer, .failure(failure.error(from: origin.peer)))
    case .cancellation:
      // What it cancels may have come with it.
      receiver.take(items)
      items.removeAll()
      receiver.cancel(message.request, from: origin.peer)
    }
    messenger.consumed(cost: ChunkLimits.cost(of: message.payload.count), from: origin)
  }

  private func log(_ fault: ChannelFault, on id: StreamID) {
    driver.logger.debug(
      "closed a message connection", metadata: ["reason": "\(fault.counterName)", "stream": "\(id.raw)"])
  }

  // MARK: Time

  private func schedule() {
    let due = [messenger.nextDeadline, deadlines.nextDeadline].compactMap { $0 }.min()
    guard let due else { return }
    if timer != nil, let timerDeadline, timerDeadline <= due { return }
    timer?.cancel()
    timerDeadline = due
    let wait = due.since(SystemClock.now().monotonic)
    // Throws only when the loop is shut down, and this node with it.
    timer = try? driver.eventLoop.scheduleCallback(in: .nanoseconds(Int64(clamping: wait)), handler: self)
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    timer = nil
    guard !driver.isClosed, driver.standstill == nil else { return }
    let now = SystemClock.now().monotonic
    while let expired = deadlines.popDue(at: now) { gate.expire(expired.key) }
    messenger.advance(to: now, into: &outbox)
    flush()
  }

  // MARK: End

  /// Ends all sessions; whoever waits hears of it.
  func stop() {
    timer?.cancel()
    timer = nil
    messenger.stop(now: SystemClock.now().monotonic, into: &outbox)
    handle(outbox.events)
    outbox.removeAll()
    channels.removeAll()
    gate.close()
    receiver.stop()
  }
}
