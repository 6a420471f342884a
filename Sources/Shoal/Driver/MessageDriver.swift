import Logging
import NIOCore
import ShoalCore

/// Runs a messenger beside the engine of a node or of a client, on the same event loop: carries messages and outcomes between the gate, the messenger and
/// the connections that the engine has handed over. Confined to that loop, as its driver is.
final class MessageDriver: NIOScheduledCallbackHandler, @unchecked Sendable {
  private unowned let driver: any StreamDriver
  private var messenger: Messenger
  private var outbox = MessengerOutbox()
  private var broadcaster: Broadcaster
  private var broadcasts = BroadcastOutbox()
  /// All other living members, by NodeID; nil when that has to be looked up anew.
  private var peers: [NodeID]?
  private var topicsVersion: UInt64 = 0
  /// The connections that are the messenger's.
  private var channels: [StreamID: StreamConnection] = [:]
  /// When requests stop being waited for; those that were answered meanwhile are passed over.
  private var deadlines = TimerTable<RequestTimer>()
  private var timer: NIOScheduledCallback?
  private var timerDeadline: Instant?
  private var isStopped = false
  private var isFlushing = false
  /// Why members would not take this client. Only of those that were refused and not taken since.
  private var refusals: [NodeID: Refusal] = [:]
  private let receiver: MessageReceiver
  private var gate: MessageGate { driver.gate }

  /// So often writing goes on while a connection takes more, before others have their turn.
  private static let roundLimit = 4

  private enum RequestTimer: BitwiseCopyable {
    case deadline
  }

  init(driver: any StreamDriver, randomSeed: UInt64, isClient: Bool) {
    self.driver = driver
    messenger = Messenger(
      identity: driver.nodeID, configuration: driver.messaging, randomSeed: randomSeed, isClient: isClient)
    broadcaster = Broadcaster(identity: driver.nodeID, configuration: driver.messaging)
    receiver = MessageReceiver(
      handlers: driver.handlers, gate: driver.gate, tracing: driver.tracing, logger: driver.logger)
  }

  // MARK: From the engine

  /// Tells the messenger who has come and gone, and gives it the streams that are its own from now on. `flush` must follow.
  func engineStepped(_ engineOutbox: borrowing Outbox) {
    let now = noteReign()
    for event in engineOutbox.events {
      switch event {
      case .joined(let member), .recovered(let member):
        peers = nil
        // A client had taken its NodeID before.
        messenger.clientGone(member.id, now: now, into: &outbox)
        messenger.peerReturned(member.id, now: now)
        broadcaster.peerCame(member.id, now: now, into: &broadcasts)
      case .died(let member), .left(let member):
        peers = nil
        messenger.peerGone(member.id, now: now, into: &outbox)
        broadcaster.peerGone(member.id, now: now, into: &broadcasts)
      case .reaped(let member):
        messenger.peerForgotten(member.id)
        broadcaster.peerForgotten(member.id)
      case .coordinatorChanged(let reign):
        broadcaster.reignChanged(
          reign.map { OrderReign(epoch: $0.epoch, sequencer: $0.coordinator) }, now: now, into: &broadcasts)
      case .updated, .metadataChanged, .suspected, .admitted, .joinFailed, .isolated, .isolationEnded, .stopped:
        break
      }
    }
    for handover in engineOutbox.handovers {
      switch handover {
      case .opened(let id, let peer):
        guard own(id) else { continue }
        refusals[peer] = nil
        messenger.opened(id, peer: peer, now: now, into: &outbox)
      case .failed(let peer): messenger.dialFailed(peer, now: now, into: &outbox)
      case .accepted(let id, let peer, let hello, let isClient):
        if isClient, messenger.generation(of: peer) == nil {
          driver.logger.info("client connected", metadata: ["node": "\(peer.short)"])
        }
        let isOpen = own(id)
        guard isOpen || isClient else { continue }
        engineOutbox.withBytes(hello) {
          messenger.accepted(id, peer: peer, hello: $0, isClient: isClient, now: now, into: &outbox)
        }
        // So that a client that has gone already is missed.
        if !isOpen { messenger.closed(id, now: now, into: &outbox) }
      case .refused(let peer, let refusal):
        refusals[peer] = refusal
        messenger.peerRefused(peer, now: now, into: &outbox)
      case .gone(let peer):
        refusals[peer] = nil
        messenger.peerGone(peer, now: now, into: &outbox)
        messenger.peerForgotten(peer)
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

  func received(_ frame: RawSpan, on id: StreamID) {
    messenger.received(frame, on: id, now: SystemClock.now().monotonic, into: &outbox)
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
    guard !driver.isClosed, !driver.isStandingStill else { return }
    let intake = gate.takeIntake()
    for submission in intake.submissions { submit(submission) }
    for (origin, cost) in intake.handled.consumed { messenger.consumed(cost: cost, from: origin) }
    if intake.handled.publicationCost > 0 {
      let now = noteReign()
      broadcaster.handled(cost: intake.handled.publicationCost, now: now, into: &broadcasts)
    }
    for number in intake.abandoned {
      if let progress = broadcaster.progress(ofMessage: number) {
        gate.finishPublication(number, progress, isOverdue: false)
        withdraw(number)
      }
    }
    followTopics()
    flush()
  }

  private func submit(_ submission: MessageGate.Submission) {
    let message = submission.message
    if let topic = submission.topic {
      publish(message, to: topic)
      if let deadline = submission.deadline { deadlines.set(.deadline, key: message.number, at: deadline) }
      return
    }
    do throws(SendRefusal) {
      guard driver.mayBeSentTo(submission.peer) else { throw .notMember }
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

  private func publish(_ message: Message, to topic: Topic) {
    followTopics()
    let now = noteReign()
    broadcaster.publish(
      message.payload, message: message.number, to: topic, name: message.name, correlation: message.correlation,
      context: message.context, members: livingPeers(), now: now, into: &broadcasts)
  }

  /// Tells the coordinator's broadcaster which reign of this node holds at this moment, which it returns.
  private func noteReign() -> Instant {
    let now = SystemClock.now().monotonic
    if broadcaster.isSequencing { broadcaster.noteReign(driver.ownEpoch(at: now)) }
    return now
  }

  private func livingPeers() -> [NodeID] {
    if let peers { return peers }
    let found = driver.livingPeers().sorted()
    peers = found
    return found
  }

  private func followTopics() {
    if let topics = driver.handlers.topics(since: &topicsVersion) {
      broadcaster.subscribe(to: topics, now: noteReign(), into: &broadcasts)
    }
  }

  // MARK: Carrying out

  /// Writes, dials and hands over what the calls before have led to.
  func flush() {
    guard !isFlushing, !driver.isClosed, !driver.isStandingStill else { return }
    isFlushing = true
    var rounds = 0
    var isMore = true
    while isMore, rounds < Self.roundLimit {
      carryOutBroadcasts()
      messenger.flush(now: SystemClock.now().monotonic, into: &outbox)
      isMore = carryOut()
      rounds += 1
    }
    isFlushing = false
    driver.publish(messenger.counters, broadcaster.counters)
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
        driver.openChannel(to: peer)
      case .write(let id, let range):
        guard let connection = channels[id] else { continue }
        outbox.withBytes(range) { connection.writeWithoutFlush($0) }
        if written.last !== connection { written.append(connection) }
      case .close(let id, let fault):
        if let fault { log(fault, on: id) }
        channels[id] = nil
        driver.close(id)
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
    return (isMore && messenger.hasWork) || !broadcasts.isEmpty || !outbox.isEmpty
  }

  private func carryOutBroadcasts() {
    let now = noteReign()
    var works: [MessageReceiver.Work] = []
    while !broadcasts.isEmpty {
      let (actions, events) = broadcasts.takeAll()
      for action in actions {
        switch action {
        case .consumed(let cost, let origin): messenger.consumed(cost: cost, from: origin)
        case .askForMembers: broadcaster.membersKnown(livingPeers(), now: now, into: &broadcasts)
        case .send(let message, let peer, let lane):
          do throws(SendRefusal) {
            guard driver.mayBeSentTo(peer) else { throw .notMember }
            try messenger.send(message, to: peer, lane: lane, isPressing: lane == .broadcasts)
          } catch { broadcaster.refused(message.number, to: peer, error, now: now, into: &broadcasts) }
        }
      }
      for event in events {
        switch event {
        case .received(let publication, let missed, let cost, let origin):
          works.append(
            .published(.init(publication: publication, missed: missed, cost: cost, origin: origin)))
        case .settled(let number, let bytes, let progress):
          gate.finish([.init(number: number, peer: .unknown, payloadBytes: bytes, error: nil)])
          gate.finishPublication(number, progress)
        case .orderBroken(let position):
          driver.logger.warning(
            "this node has lost its place in total order and begins again where the order is now",
            metadata: ["delivered": "\(position)"])
          works.append(.orderBroken(position))
        }
      }
    }
    if !works.isEmpty { receiver.take(works) }
  }

  private func handle(_ events: [MessengerEvent]) {
    guard !events.isEmpty else { return }
    var works: [MessageReceiver.Work] = []
    var finished: [MessageGate.Finished] = []
    for event in events {
      switch event {
      case .received(let message, let origin)
      where message.kind.isBroadcasters && !driver.takesBroadcasts(from: origin.peer):
        gate.noteUnhandled()
        messenger.consumed(cost: ChunkLimits.cost(of: message.payload.count), from: origin)
      case .received(let message, let origin) where message.kind.isBroadcasters:
        followTopics()
        let now = noteReign()
        broadcaster.received(message, from: origin, now: now, into: &broadcasts)
      case .received(let message, let origin): sort(message, origin, into: &works)
      case .finished(let number, _, let peer, let outcome) where number % 2 == 1:
        broadcaster.finished(number, to: peer, outcome, now: noteReign(), into: &broadcasts)
      case .finished(let number, let bytes, let peer, let outcome):
        finished.append(
          MessageGate.Finished(
            number: number, peer: peer, payloadBytes: bytes,
            error: MessageError(outcome, peer: peer, refusal: refusals[peer])))
      case .broken(let peer, let generation, let end):
        driver.logger.info(
          "a session has ended", metadata: ["peer": "\(peer.short)", "generation": "\(generation)", "why": "\(end)"])
        driver.handlers.sessionBroken(peer, end)
      case .clientGone(let peer): driver.clientGone(peer)
      }
    }
    if !works.isEmpty { receiver.take(works) }
    if !finished.isEmpty { gate.finish(finished) }
  }

  /// Replies go to whoever waits at once, pings back to whoever asks, all else to handlers.
  private func sort(
    _ message: Message, _ origin: MessengerEvent.Origin, into works: inout [MessageReceiver.Work]
  ) {
    switch message.kind {
    case .request where message.name == Message.pingName: answer(message, with: [], to: origin.peer)
    case .request where message.name == Message.membersName: answerMembers(message, to: origin.peer)
    case .send where message.name == Message.goodbyeName:
      messenger.clientGone(origin.peer, now: SystemClock.now().monotonic, into: &outbox)
    case .send, .request:
      works.append(.message(MessageReceiver.Item(message: message, origin: origin)))
      return
    case .reply: gate.answer(message.request, from: origin.peer, .success(message.payload))
    case .failure:
      let failure = RequestFailure(bytes: message.payload)
      gate.answer(message.request, from: origin.peer, .failure(failure.error(from: origin.peer)))
    case .cancellation:
      // What it cancels may have come with it.
      receiver.take(works)
      works.removeAll()
      receiver.cancel(message.request, from: origin.peer)
    case .publication, .spreadReport, .seriesQuery, .seriesStart, .order: return
    }
    messenger.consumed(cost: ChunkLimits.cost(of: message.payload.count), from: origin)
  }

  /// Answers at once, whatever else is being handled. Without room for the answer the asker's time runs out.
  private func answer(_ request: Message, with payload: [UInt8], to asker: NodeID) {
    try? gate.submit(
      MessageGate.Draft(
        kind: .reply, peer: asker, lane: .replies, correlation: request.correlation, request: request.number,
        payload: payload))
  }

  private func answerMembers(_ request: Message, to asker: NodeID) {
    var reader = ByteReader(request.payload.rawSpan)
    // Whoever asks for something else, or one who does not know, gets nothing.
    guard let query = try? RosterQuery(from: &reader), let page = driver.rosterPage(for: query) else { return }
    answer(request, with: page, to: asker)
  }

  private func log(_ fault: ChannelFault, on id: StreamID) {
    driver.logger.debug(
      "closed a message connection", metadata: ["reason": "\(fault.counterName)", "stream": "\(id.raw)"])
  }

  // MARK: Time

  private func schedule() {
    guard !isStopped else { return }
    let due = [messenger.nextDeadline, broadcaster.nextDeadline, deadlines.nextDeadline].compactMap { $0 }.min()
    guard let due else { return }
    if timer != nil, let timerDeadline, timerDeadline <= due { return }
    timer?.cancel()
    timerDeadline = due
    let wait = due.since(SystemClock.now().monotonic)
    // Throws only when the loop is shut down, and this node with it.
    timer = try? driver.eventLoop.scheduleCallback(in: .nanoseconds(Int64(clamping: wait)), handler: self)
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    // The loop may have taken this one before all was stopped, or another one was set.
    guard !isStopped else { return }
    timer?.cancel()
    timer = nil
    guard !driver.isClosed, !driver.isStandingStill else { return }
    let now = noteReign()
    while let expired = deadlines.popDue(at: now) { expire(expired.key) }
    messenger.advance(to: now, into: &outbox)
    broadcaster.advance(to: now, into: &broadcasts)
    flush()
  }

  private func expire(_ number: UInt64) {
    guard let progress = broadcaster.progress(ofMessage: number) else { return gate.expire(number) }
    if withdraw(number) { gate.failPublication(number) { .noCoordinator($0) } }
    gate.finishPublication(number, progress)
  }

  /// Takes back a totally ordered publication that nobody was given yet; false when there is none.
  @discardableResult
  private func withdraw(_ number: UInt64) -> Bool {
    broadcaster.withdraw(message: number, now: noteReign(), into: &broadcasts)
  }

  // MARK: End

  /// A client tells the members that it talks to that it goes. `stop` must follow.
  func sayGoodbye() {
    for peer in messenger.connectedPeers {
      let goodbye = Message(
        .send, number: gate.drawNumber(), correlation: gate.drawCorrelation(), name: Message.goodbyeName, payload: [])
      // Without room for it the member finds out by itself.
      try? messenger.send(goodbye, to: peer, lane: .messages)
    }
    flush()
  }

  /// Ends all sessions; whoever waits hears of it.
  func stop() {
    isStopped = true
    timer?.cancel()
    timer = nil
    // First, so that it sends nothing again.
    broadcaster.stop()
    messenger.stop(now: SystemClock.now().monotonic, into: &outbox)
    handle(outbox.events)
    outbox.removeAll()
    channels.removeAll()
    gate.close()
    receiver.stop()
  }
}
