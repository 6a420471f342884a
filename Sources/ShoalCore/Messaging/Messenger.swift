/// One node's sessions with all its peers: a state machine that is told what happened and when, as `Engine` is.
///
/// Between two living processes messages arrive in the order of their lane, each once, whole and unchanged, over any number of
/// connections; when that cannot be kept, both sides are told, and the sender learns what became of each message.
///
/// ```
/// send ─▶ queue of the peer's session ─▶ chunks ─▶ frames ─▶ connection ┄┄▶ chunks ─▶ message ─▶ received
///           ◀────────────── finished ◀── cumulative acknowledgement ◀┄┄ everything below n is here
/// ```
/// - **Connections** are made when something waits, and made again, after a growing wait, for as long as the peer is a member. What was
///   not acknowledged is sent again on the next one; what the peer has already is not taken in twice. Where both dial at once, the
///   connection that the lower NodeID dialled is kept.
/// - **Ends**: when the peer dies or leaves, its session ends: what was never written whole is `notDelivered`, the rest `unknown`. The next
///   one has a higher generation and begins from 0; the peer learns of it in hello and ends its own.
/// - **Clients**, which are no members, cannot be dialled: their member waits for them, and ends the session when they have been gone for
///   `clientTimeout`. A client's own messenger ends what nobody uses, rather than only the connection.
/// - **Bounds**: a sender's queue, a receiver's window and what is put together are limited per peer and in all.
///
/// - **Getters** read: `nextDeadline`, `counters`, and what is occupied, to compare with the bounds.
/// - **Perform**: `send`, `consumed`.
/// - **Receive**: `opened`, `accepted`, `received`, `closed`, `dialFailed`, `writable`, `peerGone`, `peerReturned`, `peerForgotten`,
///   `peerRefused`, `clientGone`.
/// - **Advance**: `advance(to:)` when `nextDeadline` is reached.
/// - **Flush** after any number of these calls: only then is anything written or dialled, so that many small messages share a frame.
package struct Messenger: ~Copyable {
  package let identity: NodeID
  let isClient: Bool
  let settings: MessagingSettings
  var random: PRNG
  package internal(set) var counters = MessagingCounters()
  /// Nil in every real node.
  package var plantedBug: MessagingBug?

  // A session keeps its place until it is forgotten.
  var sessions: [Session?] = []
  private var freeSlots: [Int] = []
  // Looked up, never iterated.
  private var slotByPeer: [NodeID: Int] = [:]
  var slotByStream: [StreamID: Int] = [:]
  /// Sessions that `flush` has to look at.
  var dirty: [Int] = []
  private var timers = TimerTable<MessengerTimer>()

  /// No session begins below this: so many generations were forgotten with others.
  private var generationFloor: UInt64 = 0
  /// What waits in all sessions.
  var laneCosts = Lanes { _ in 0 }
  var openConnections = 0
  var assembly: AssemblyBudget
  private(set) var isStopped = false

  /// - Parameter isClient: whether this process is no member.
  package init(
    identity: NodeID, configuration: MessagingConfiguration, randomSeed: UInt64, isClient: Bool = false
  ) {
    self.identity = identity
    self.isClient = isClient
    settings = MessagingSettings(configuration)
    random = PRNG(seed: randomSeed)
    assembly = AssemblyBudget(limit: settings.assemblyLimit, messageLimit: settings.messageLimit)
  }

  // MARK: Getters

  /// When `advance(to:)` is due; nil while nothing is waited for.
  package var nextDeadline: Instant? { timers.nextDeadline }
  /// How many sessions are remembered.
  package var sessionCount: Int { sessions.count - freeSlots.count }
  package var connectionCount: Int { openConnections }
  /// With whom a connection is open.
  package var connectedPeers: [NodeID] {
    sessions.compactMap { session in session.flatMap { $0.connection?.isOpen == true ? $0.peer : nil } }
  }
  /// Whether `flush` would look at anything.
  package var hasWork: Bool { !dirty.isEmpty }
  /// What waits for all peers, in bytes.
  package var waitingCost: Int { MessageLane.allCases.reduce(0) { $0 + laneCosts[$1] } }
  /// What messages that are not whole occupy, in bytes.
  package var assemblingBytes: Int { assembly.used }

  package func generation(of peer: NodeID) -> UInt64? { slotByPeer[peer].flatMap { sessions[$0]?.generation } }

  // MARK: Perform

  /// Queues a message; `flush` sends it.
  ///
  /// - Parameters:
  ///   - isPressing: whether the peer is to acknowledge it at once, because somebody waits.
  /// - Throws: when it was not accepted; nothing has changed then, and there will be no outcome.
  package mutating func send(
    _ message: Message, to peer: NodeID, lane: MessageLane, isPressing: Bool = false
  ) throws(SendRefusal) {
    guard !isStopped else { throw refused(.stopped) }
    guard message.payload.count <= settings.limit(of: message.kind) else { throw refused(.tooLong) }
    let slot = place(of: peer)
    guard let session = sessions[slot], !session.isGone else { throw refused(.notMember) }
    let cost = ChunkLimits.cost(of: message.payload.count)
    guard hasRoom(for: cost, in: lane, of: session) else { throw refused(.full) }
    counters.messagesAccepted += 1
    laneCosts[lane] += cost
    sessions[slot]?.sending[lane].append(message, isPressing: isPressing)
    mark(slot)
  }

  private func hasRoom(for cost: Int, in lane: MessageLane, of session: Session) -> Bool {
    let waiting: (forPeer: Int, inAll: Int)
    switch lane {
    case .messages, .bulk: waiting = (session.outboxCost, laneCosts[.messages] + laneCosts[.bulk])
    case .broadcasts: waiting = (session.sending[.broadcasts].cost, laneCosts[.broadcasts])
    // There are no more than the gate lets in, publications that this node relays, and one answer for each that asks.
    case .replies: return true
    }
    return (waiting.forPeer == 0 || waiting.forPeer + cost <= settings.outboxLimit)
      && (waiting.inAll == 0 || waiting.inAll + cost <= settings.outboxLimitInAll)
  }

  /// The application is done with messages: their sender may send as much again.
  ///
  /// - Parameter cost: of all of them, each counted by `ChunkLimits.cost(of:)`.
  package mutating func consumed(cost: Int, from origin: MessengerEvent.Origin) {
    guard let slot = slotByPeer[origin.peer], sessions[slot]?.generation == origin.generation else { return }
    sessions[slot]?.receiving[origin.lane].release(cost)
    offerRoom(slot, lane: origin.lane)
  }

  private mutating func refused(_ refusal: SendRefusal) -> SendRefusal {
    counters.messagesRefused += 1
    return refusal
  }

  // MARK: Members

  /// A peer died or left, or was superseded: its session is over.
  package mutating func peerGone(_ peer: NodeID, now: Instant, into outbox: inout MessengerOutbox) {
    guard let slot = slotByPeer[peer], sessions[slot]?.isGone == false else { return }
    sessions[slot]?.isGone = true
    end(slot, .peerGone, now: now, into: &outbox)
    sessions[slot]?.isDialling = false
  }

  /// A peer that was gone is back, or was seen for the first time.
  package mutating func peerReturned(_ peer: NodeID, now: Instant) {
    guard let slot = slotByPeer[peer], sessions[slot]?.isGone == true else { return }
    sessions[slot]?.isGone = false
    sessions[slot]?.attempts = 0
    sessions[slot]?.redialAt = nil
    // It may have noticed nothing, and still waits for what was ended here.
    if sessions[slot]?.connections != 0 { sessions[slot]?.owesGreeting = true }
    mark(slot)
  }

  /// A peer that is gone will not be remembered any longer.
  package mutating func peerForgotten(_ peer: NodeID) {
    guard let slot = slotByPeer[peer], let session = sessions[slot], session.isGone else { return }
    generationFloor = max(generationFloor, session.generation &+ 1)
    slotByPeer[peer] = nil
    sessions[slot] = nil
    freeSlots.append(slot)
  }

  /// To a client: the member that it has dialled does not take it. What waits there gets its outcome.
  package mutating func peerRefused(_ peer: NodeID, now: Instant, into outbox: inout MessengerOutbox) {
    guard let slot = slotByPeer[peer], sessions[slot]?.isDialling == true else { return }
    sessions[slot]?.isDialling = false
    sessions[slot]?.owesGreeting = false
    counters.channelsFailed += 1
    end(slot, .peerGone, now: now, into: &outbox)
  }

  /// To a member: a client has said goodbye, was away for too long, or is no client any more. Its session is over and forgotten.
  package mutating func clientGone(_ peer: NodeID, now: Instant, into outbox: inout MessengerOutbox) {
    guard let slot = slotByPeer[peer], sessions[slot]?.isWithClient == true else { return }
    peerGone(peer, now: now, into: &outbox)
    peerForgotten(peer)
    outbox.events.append(.clientGone(peer))
  }

  /// Ends all sessions; nothing is sent or taken any more.
  package mutating func stop(now: Instant, into outbox: inout MessengerOutbox) {
    guard !isStopped else { return }
    isStopped = true
    for slot in sessions.indices where sessions[slot] != nil { end(slot, .stopped, now: now, into: &outbox) }
    timers.removeAll()
  }

  // MARK: Time

  /// Handles everything whose time has come. Safe to call early or late.
  package mutating func advance(to now: Instant, into outbox: inout MessengerOutbox) {
    while let timer = timers.popDue(at: now) {
      let slot = Int(truncatingIfNeeded: timer.key)
      // Only the earliest wake-up of a session counts.
      guard sessions[slot] != nil, sessions[slot]?.wakeAt == timer.deadline else { continue }
      sessions[slot]?.wakeAt = nil
      expire(slot, now: now, into: &outbox)
      mark(slot)
    }
  }

  /// Writes and dials for every session that has changed since the last time.
  package mutating func flush(now: Instant, into outbox: inout MessengerOutbox) {
    offerReleasedMemory()
    // Looking at one may mark none anew.
    for position in dirty.indices {
      let slot = dirty[position]
      guard sessions[slot] != nil else { continue }
      sessions[slot]?.isDirty = false
      guard !isStopped else { continue }
      sessions[slot]?.noteAbsence(now: now)
      pump(slot, now: now, into: &outbox)
      dialIfNeeded(slot, now: now, into: &outbox)
      arm(slot)
    }
    dirty.removeAll(keepingCapacity: true)
  }

  mutating func mark(_ slot: Int) {
    guard sessions[slot]?.isDirty == false else { return }
    sessions[slot]?.isDirty = true
    dirty.append(slot)
  }

  private mutating func arm(_ slot: Int) {
    guard let deadline = sessions[slot]?.deadline(settings) else { return }
    if let wakeAt = sessions[slot]?.wakeAt, wakeAt <= deadline { return }
    sessions[slot]?.wakeAt = deadline
    timers.set(.session, key: UInt64(slot), at: deadline)
  }

  // MARK: Places

  /// The session with a peer, made when there is none.
  mutating func place(of peer: NodeID) -> Int {
    if let slot = slotByPeer[peer] { return slot }
    let session = Session(peer: peer, generation: generationFloor)
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      sessions[slot] = session
    } else {
      slot = sessions.count
      sessions.append(session)
    }
    slotByPeer[peer] = slot
    return slot
  }

  // MARK: Ends

  /// Ends a session: every message gets its outcome, the connection is closed, the generation rises.
  ///
  /// - Parameter reason: nil when nothing was under way, so that nobody has to be told.
  mutating func end(_ slot: Int, _ reason: SessionEnd?, now: Instant, into outbox: inout MessengerOutbox) {
    guard let session = sessions[slot] else { return }
    for lane in MessageLane.allCases {
      laneCosts[lane] -= session.sending[lane].cost
      sessions[slot]?.sending[lane].endAll(bug: plantedBug) { [peer = session.peer] message, outcome in
        Self.finish(message, to: peer, outcome, counters: &counters, into: &outbox)
      }
      assembly.release(session.receiving[lane].assembling, slot: slot, lane: lane)
    }
    for lane in MessageLane.allCases { laneCosts[lane] += sessions[slot]?.sending[lane].cost ?? 0 }
    let wasUsed = session.isEstablished || session.connection != nil
    if session.isEstablished, let reason {
      counters.sessionsBroken += 1
      if plantedBug != .breaksSilently {
        outbox.events.append(.broken(session.peer, generation: session.generation, reason))
      }
    }
    sessions[slot]?.receiving = Lanes { _ in ReceiveLane() }
    sessions[slot]?.isEstablished = false
    sessions[slot]?.neighbour = nil
    if wasUsed, plantedBug != .keepsGeneration { sessions[slot]?.generation = session.generation &+ 1 }
    disconnect(slot, fault: nil, into: &outbox)
    mark(slot)
  }

  static func finish(
    _ message: Message, to peer: NodeID, _ outcome: MessageOutcome, counters: inout MessagingCounters,
    into outbox: inout MessengerOutbox
  ) {
    switch outcome {
    case .delivered: counters.messagesDelivered += 1
    case .notDelivered: counters.messagesNotDelivered += 1
    case .unknown: counters.messagesUnknown += 1
    }
    outbox.events.append(
      .finished(number: message.number, payloadBytes: message.payload.count, to: peer, outcome))
  }
}

enum MessengerTimer: UInt8, BitwiseCopyable {
  case session
}

/// Why a message was not accepted.
package enum SendRefusal: Error, Sendable, Hashable {
  /// The peer is not a living member.
  case notMember
  /// Longer than `messageLimit`.
  case tooLong
  /// Too much waits already, for the peer or in all.
  case full
  /// This node has stopped.
  case stopped
}

/// What messages that are being put together may occupy, over all sessions.
///
/// When little is left, one message alone goes on: so at least one always becomes whole, and lets go of its memory.
struct AssemblyBudget {
  private let softLimit: Int
  private(set) var used = 0
  private var holder: (slot: Int, lane: MessageLane)?
  /// Whether somebody was held back, and memory has come free since.
  private var isHoldingBack = false
  private(set) var hasRoomAgain = false

  init(limit: Int, messageLimit: Int) { softLimit = limit - messageLimit }

  mutating func add(_ bytes: Int) { used += bytes }

  mutating func release(_ bytes: Int, slot: Int, lane: MessageLane) {
    used -= bytes
    if let holder, holder == (slot, lane) { self.holder = nil }
    if isHoldingBack, used <= softLimit || holder == nil { hasRoomAgain = true }
  }

  /// Whether a lane that is putting a message together may get more of it.
  mutating func admits(_ slot: Int, _ lane: MessageLane) -> Bool {
    guard used > softLimit else { return true }
    guard let holder else {
      self.holder = (slot, lane)
      return true
    }
    if holder == (slot, lane) { return true }
    isHoldingBack = true
    return false
  }

  mutating func roomWasOffered() {
    hasRoomAgain = false
    isHoldingBack = false
  }
}
