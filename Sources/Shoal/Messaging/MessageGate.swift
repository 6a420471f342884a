import ShoalCore
import Synchronization

/// Where messages go from any task to the node's event loop, and outcomes and replies come back.
///
/// Accepting a message takes one lock and no hop: the event loop is woken once for as many messages as gather meanwhile. The limits of
/// the outbox are kept here, from acceptance to outcome.
final class MessageGate: Sendable {
  struct Submission: Sendable {
    let message: Message
    let peer: NodeID
    let lane: MessageLane
    let isPressing: Bool
    /// When a request's sender, or a publisher, stops waiting.
    var deadline: Instant?
    /// Of publications, whose peer is nobody in particular.
    var topic: Topic?
  }

  /// What the event loop takes over at once.
  struct Intake {
    var submissions: [Submission] = []
    var handled = Handled()
    /// Publications whose outcome nobody waits for any more.
    var abandoned: [UInt64] = []
  }

  /// What the application is done with.
  struct Handled {
    var consumed: [(origin: MessengerEvent.Origin, cost: Int)] = []
    /// Publications that hold no sender's window any more.
    var publicationCost = 0

    var isEmpty: Bool { consumed.isEmpty && publicationCost == 0 }

    mutating func add(_ cost: Int, from origin: MessengerEvent.Origin?) {
      guard let origin else {
        publicationCost += cost
        return
      }
      if let last = consumed.last, last.origin == origin {
        consumed[consumed.count - 1].cost += cost
      } else {
        consumed.append((origin, cost))
      }
    }

    mutating func add(_ other: Handled) {
      consumed += other.consumed
      publicationCost += other.publicationCost
    }
  }

  typealias Reply = Result<[UInt8], MessageError>

  private struct PendingRequest {
    let peer: NodeID
    let timeout: Duration
    let correlation: CorrelationID
    let continuation: CheckedContinuation<Reply, Never>
  }

  private typealias Publishing = CheckedContinuation<Result<BroadcastReceipt, MessageError>, Never>

  private struct PendingPublication {
    let timeout: Duration
    let continuation: Publishing
  }

  private struct Waiter {
    let number: UInt64
    let peer: NodeID
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var intake = Intake()
    var isScheduled = false
    var isClosed = false
    /// Even, for the broadcaster's own messages have odd ones.
    var nextNumber: UInt64 = 2
    var random: PRNG
    var waiting: [NodeID: Int] = [:]
    var waitingInAll = 0
    var waiters: [Waiter] = []
    /// Who waits until nothing waits any more.
    var flushers: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var receipts: [UInt64: CheckedContinuation<MessageError?, Never>] = [:]
    var requests: [UInt64: PendingRequest] = [:]
    var publications: [UInt64: PendingPublication] = [:]
    var unhandled: UInt64 = 0
  }

  private let state: Mutex<State>
  private let messageLimit: Int
  private let outboxLimit: Int
  private let outboxLimitInAll: Int
  /// Has the event loop call `takeIntake` soon.
  private let wake: @Sendable () -> Void

  init(_ configuration: MessagingConfiguration, randomSeed: UInt64, wake: @escaping @Sendable () -> Void) {
    state = Mutex(State(random: PRNG(seed: randomSeed)))
    messageLimit = configuration.messageLimit
    outboxLimit = configuration.outboxLimit
    outboxLimitInAll = configuration.outboxLimitInAll
    self.wake = wake
  }

  // MARK: Sending, from any task

  /// What a message is, before it has a number.
  struct Draft: Sendable {
    var kind: MessageKind
    /// Drawn before where something else must know it; else at acceptance.
    var number: UInt64?
    var peer: NodeID
    var lane = MessageLane.messages
    var isPressing = false
    var correlation: CorrelationID?
    var request: UInt64 = 0
    var name = ""
    var topic: Topic?
    var context = MessageContext()
    var payload: [UInt8]
  }

  /// Accepts a message, or says why not; `.outboxFull` may pass.
  ///
  /// - Parameter handled: reported with it, when it is accepted.
  func submit(_ draft: Draft, handled: Handled = Handled()) throws(MessageError) {
    if let error = enqueue(draft, accepted: { $0.intake.handled.add(handled) }) { throw error }
  }

  /// The same, and waits until the peer has it or never will.
  func submitAwaitingReceipt(_ draft: Draft) async throws(MessageError) {
    let number = draft.number ?? drawNumber()
    let error = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<MessageError?, Never>) in
        let error = enqueue(draft, number: number) { state in state.receipts[number] = continuation }
        if let error { continuation.resume(returning: error) }
        // Cancelled before there was anything to cancel.
        if Task.isCancelled { cancelReceipt(number) }
      }
    } onCancel: {
      cancelReceipt(number)
    }
    if let error { throw error }
  }

  /// Sends a request and waits for its reply.
  func ask(_ draft: Draft, timeout: Duration) async throws(MessageError) -> [UInt8] {
    let number = draft.number ?? drawNumber()
    let deadline = SystemClock.now().monotonic + Nanoseconds(timeout)
    let reply = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Reply, Never>) in
        let error = enqueue(draft, number: number, timeout: timeout, deadline: deadline) { state in
          state.requests[number] = PendingRequest(
            peer: draft.peer, timeout: timeout, correlation: draft.correlation ?? CorrelationID(high: 0, low: number),
            continuation: continuation)
        }
        if let error { continuation.resume(returning: .failure(error)) }
        if Task.isCancelled { abandon(number) { _ in .cancelled } }
      }
    } onCancel: {
      abandon(number) { _ in .cancelled }
    }
    return try reply.get()
  }

  /// Publishes, and waits until everybody has it, or for as long as the timeout says.
  func publish(_ draft: Draft, timeout: Duration) async throws(MessageError) -> BroadcastReceipt {
    let number = draft.number ?? drawNumber()
    let deadline = SystemClock.now().monotonic + Nanoseconds(timeout)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: Publishing) in
        let error = enqueue(draft, number: number, deadline: deadline) { state in
          state.publications[number] = PendingPublication(timeout: timeout, continuation: continuation)
        }
        if let error { continuation.resume(returning: .failure(error)) }
        if Task.isCancelled { abandonPublication(number) }
      }
    } onCancel: {
      abandonPublication(number)
    }
    return try result.get()
  }

  private func abandonPublication(_ number: UInt64) {
    let wakes = state.withLock { state in
      guard !state.isClosed, state.publications[number] != nil else { return false }
      state.intake.abandoned.append(number)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if wakes { wake() }
  }

  /// Waits until less waits for a peer; returns at once when that is so, when the node stops, or when the task is cancelled.
  func waitForRoom(_ draft: Draft) async {
    let number = drawNumber()
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let waits = state.withLock { state in
          guard !state.isClosed, !Task.isCancelled, !hasRoom(state, draft) else { return false }
          state.waiters.append(Waiter(number: number, peer: draft.peer, continuation: continuation))
          return true
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        guard let position = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
        return state.waiters.remove(at: position)
      }
      waiter?.continuation.resume()
    }
  }

  /// Waits until every message that was accepted has its outcome; returns at once when that is so, when the node stops, or when the task
  /// is cancelled.
  func waitUntilEmpty() async {
    let number = drawNumber()
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let waits = state.withLock { state in
          guard !state.isClosed, !Task.isCancelled, state.waitingInAll > 0 else { return false }
          state.flushers[number] = continuation
          return true
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.flushers.removeValue(forKey: number) }?.resume()
    }
  }

  /// The same, for no longer than `limit`.
  func waitUntilEmpty(for limit: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.waitUntilEmpty() }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  /// What messages of one cause have in common.
  func drawCorrelation() -> CorrelationID {
    state.withLock { CorrelationID(high: $0.random.next(), low: $0.random.next()) }
  }

  func drawNumber() -> UInt64 {
    state.withLock { state in
      defer { state.nextNumber += 2 }
      return state.nextNumber
    }
  }

  /// - Parameter accepted: called under the lock when the message was accepted.
  /// - Returns: why it was not.
  private func enqueue(
    _ draft: Draft, number: UInt64? = nil, timeout: Duration? = nil, deadline: Instant? = nil,
    accepted: (inout State) -> Void = { _ in }
  ) -> MessageError? {
    guard draft.payload.count <= messageLimit, draft.name.utf8.count <= Message.nameLimit else {
      return .tooLong
    }
    let (error, wakes) = state.withLock { state -> (MessageError?, Bool) in
      guard !state.isClosed else { return (.stopped, false) }
      guard hasRoom(state, draft) else { return (.outboxFull(draft.peer), false) }
      let number = number ?? draft.number
      let cost = ChunkLimits.cost(of: draft.payload.count)
      state.waiting[draft.peer, default: 0] += cost
      state.waitingInAll += cost
      var message = Message(
        draft.kind, number: number ?? state.nextNumber,
        correlation: draft.correlation
          ?? CorrelationID(high: state.random.next(), low: state.random.next()), request: draft.request,
        name: draft.name, context: draft.context, payload: draft.payload)
      if number == nil { state.nextNumber += 2 }
      if let timeout { message.timeoutMilliseconds = UInt32(clamping: Nanoseconds(timeout) / 1_000_000) }
      state.intake.submissions.append(
        Submission(
          message: message, peer: draft.peer, lane: draft.lane, isPressing: draft.isPressing, deadline: deadline,
          topic: draft.topic))
      accepted(&state)
      defer { state.isScheduled = true }
      return (nil, !state.isScheduled)
    }
    if wakes { wake() }
    return error
  }

  private func hasRoom(_ state: borrowing State, _ draft: Draft) -> Bool {
    let cost = ChunkLimits.cost(of: draft.payload.count)
    let waiting = state.waiting[draft.peer] ?? 0
    return (waiting == 0 || waiting + cost <= outboxLimit)
      && (state.waitingInAll == 0 || state.waitingInAll + cost <= outboxLimitInAll)
  }

  private func cancelReceipt(_ number: UInt64) {
    state.withLock { $0.receipts.removeValue(forKey: number) }?.resume(returning: .cancelled)
  }

  // MARK: Taken in, from any task

  /// A message had no handler, or one that could not read it.
  func noteUnhandled() { state.withLock { $0.unhandled += 1 } }

  /// How many there were of these.
  var unhandled: UInt64 { state.withLock(\.unhandled) }

  func report(_ handled: Handled) {
    guard !handled.isEmpty else { return }
    let wakes = state.withLock { state in
      guard !state.isClosed else { return false }
      state.intake.handled.add(handled)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if wakes { wake() }
  }

  // MARK: On the event loop

  /// Takes over what has gathered.
  func takeIntake() -> Intake {
    state.withLock { state in
      state.isScheduled = false
      defer { state.intake = Intake() }
      return state.intake
    }
  }

  struct Finished {
    let number: UInt64
    let peer: NodeID
    let payloadBytes: Int
    let error: MessageError?
  }

  /// Messages have got their outcomes: there is room again, and whoever waits hears of it.
  func finish(_ finished: [Finished]) {
    var receipts: [(CheckedContinuation<MessageError?, Never>, MessageError?)] = []
    var failedRequests: [(CheckedContinuation<Reply, Never>, MessageError)] = []
    var roomy: [Waiter] = []
    var flushers: [CheckedContinuation<Void, Never>] = []
    state.withLock { state in
      for one in finished {
        let cost = ChunkLimits.cost(of: one.payloadBytes)
        state.waitingInAll -= cost
        let waiting = (state.waiting[one.peer] ?? 0) - cost
        state.waiting[one.peer] = waiting == 0 ? nil : waiting
        if !state.receipts.isEmpty, let receipt = state.receipts.removeValue(forKey: one.number) {
          receipts.append((receipt, one.error))
        }
        if let error = one.error, let request = state.requests.removeValue(forKey: one.number) {
          failedRequests.append((request.continuation, error))
        }
      }
      if state.waitingInAll == 0, !state.flushers.isEmpty {
        flushers = Array(state.flushers.values)
        state.flushers = [:]
      }
      guard !state.waiters.isEmpty, state.waitingInAll <= outboxLimitInAll / 4 * 3 else { return }
      state.waiters.removeAll { waiter in
        guard state.waiting[waiter.peer] ?? 0 <= outboxLimit / 4 * 3 else { return false }
        roomy.append(waiter)
        return true
      }
    }
    for (continuation, error) in receipts { continuation.resume(returning: error) }
    for (continuation, error) in failedRequests { continuation.resume(returning: .failure(error)) }
    for waiter in roomy { waiter.continuation.resume() }
    for flusher in flushers { flusher.resume() }
  }

  /// A reply has come; one that nobody waits for any more, or from another than was asked, is passed over.
  func answer(_ number: UInt64, from peer: NodeID, _ reply: Reply) {
    let request = state.withLock { state -> PendingRequest? in
      guard state.requests[number]?.peer == peer else { return nil }
      return state.requests.removeValue(forKey: number)
    }
    request?.continuation.resume(returning: reply)
  }

  /// A publication has come to its end, or nobody waits for that any more.
  ///
  /// - Parameter isOverdue: whether its time is over, and its publisher's task did not stop waiting by itself.
  func finishPublication(_ number: UInt64, _ progress: BroadcastProgress, isOverdue: Bool = true) {
    guard let publication = state.withLock({ $0.publications.removeValue(forKey: number) }) else { return }
    publication.continuation.resume(
      returning: .success(BroadcastReceipt(progress, timeout: isOverdue ? publication.timeout : nil)))
  }

  /// The time of a publication is over that was given to nobody.
  func failPublication(_ number: UInt64, _ error: (Duration) -> MessageError) {
    guard let publication = state.withLock({ $0.publications.removeValue(forKey: number) }) else { return }
    publication.continuation.resume(returning: .failure(error(publication.timeout)))
  }

  /// The time of a request is over.
  func expire(_ number: UInt64) { abandon(number) { .deadlineExceeded($0.peer, $0.timeout) } }

  /// Stops waiting for a reply, and tells the peer so.
  private func abandon(_ number: UInt64, _ error: (PendingRequest) -> MessageError) {
    guard let request = state.withLock({ $0.requests.removeValue(forKey: number) }) else { return }
    request.continuation.resume(returning: .failure(error(request)))
    // When there is no room for it, the handler finds out by its reply.
    _ = enqueue(
      Draft(
        kind: .cancellation, peer: request.peer, correlation: request.correlation, request: number, payload: []))
  }

  /// The node has stopped: whoever waits hears of it, and nothing is accepted any more.
  func close() {
    let (receipts, requests, publications, waiters, flushers) = state.withLock { state in
      state.isClosed = true
      defer {
        state.receipts = [:]
        state.requests = [:]
        state.publications = [:]
        state.waiters = []
        state.flushers = [:]
        state.intake = Intake()
      }
      return (
        Array(state.receipts.values), Array(state.requests.values), Array(state.publications.values), state.waiters,
        Array(state.flushers.values)
      )
    }
    for receipt in receipts { receipt.resume(returning: .stopped) }
    for request in requests { request.continuation.resume(returning: .failure(.stopped)) }
    for publication in publications { publication.continuation.resume(returning: .failure(.stopped)) }
    for waiter in waiters { waiter.continuation.resume() }
    for flusher in flushers { flusher.resume() }
  }
}
