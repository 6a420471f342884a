/// A process that is no member, and talks to members: a state machine that is told what happened and when, as `Engine` is.
///
/// One member, its *home*, tells it which others there are; it connects to each of these when it has something to say to it.
///
/// ```
/// searching ── a member lets it in ──▶ pulling the members ──▶ connected ──┐ asks again every `refreshInterval`
///     ▲  └─ none does: waits, tries again          │              │    ◀───┘
///     └────────────── home does not answer ────────┴──────────────┘
/// ```
/// - **Searching**: all seeds, and some of the members known, are dialled at once; the first that lets it in is home.
/// - **A member that home does not see any more** is gone: what waits for it ends.
/// - **Without a home for `clientTimeout`** all are, so that nothing waits for ever.
///
/// - **Getters** read. **Receive**: `resolved`, `streamOpened`, `streamReceived`, `streamClosed`, `answered`, `unanswered`.
/// - **Perform**: `start`, `openChannel`, `refresh`, `stop`. **Advance**: `advance(to:)` when `nextDeadline` is reached.
package struct ClientEngine {
  package enum Phase: Sendable {
    case idle
    /// No member has told yet which there are.
    case searching
    case connected
    case stopped
  }

  /// What a connection is for.
  private enum Purpose {
    case home(seed: String)
    case channel(NodeID)
  }

  private struct ClientStream {
    let id: StreamID
    let purpose: Purpose
    /// Known when the connection has been authenticated.
    var peer: NodeID?
  }

  private enum ClientTimer: BitwiseCopyable {
    case stream
    case search
    case refresh
    case homeless
  }

  package let identity: NodeID
  package private(set) var phase = Phase.idle
  /// The member that tells of the others; nil while there is none.
  package private(set) var home: NodeID?
  /// Why the last search, or the present one, has failed so far.
  package private(set) var failures: [JoinFailure] = []
  /// Whether nobody has let the client in, and the next attempt is waited for.
  package private(set) var isBetweenSearches = false
  private var roster = Roster()
  private var seeds: [SeedAddress] = []
  private var resolving: [(id: ResolveID, seed: String)] = []
  private var dialled: [Endpoint] = []
  private var streams: [ClientStream] = []
  private var timers = TimerTable<ClientTimer>()
  private var random: PRNG
  private var nextStream: UInt64 = 1
  private var nextResolve: UInt64 = 1
  private var nextSearch: Instant?
  private var nextRefresh: Instant?
  private var homelessSince: Instant?
  private var backoff: Nanoseconds
  /// Which answer is awaited; nil while none is.
  private var query: RosterQuery?
  private var pendingQuery: RosterQuery?
  /// All members are to be asked for once more when the present answer is here.
  private var isStale = false

  private let answerTimeout: Nanoseconds
  private let refreshInterval: Nanoseconds
  private let retryInterval: Nanoseconds
  private let retryLimit: Nanoseconds
  private let clientTimeout: Nanoseconds

  /// At most so many addresses are dialled in one search.
  static let dialLimit = 16

  package init(
    identity: NodeID, configuration: ClientConfiguration, messaging: MessagingConfiguration, randomSeed: UInt64
  ) {
    self.identity = identity
    random = PRNG(seed: randomSeed)
    answerTimeout = Nanoseconds(configuration.answerTimeout)
    refreshInterval = Nanoseconds(configuration.refreshInterval)
    retryInterval = Nanoseconds(configuration.retryInterval)
    retryLimit = Nanoseconds(configuration.retryLimit)
    clientTimeout = Nanoseconds(messaging.clientTimeout)
    backoff = retryInterval
  }

  // MARK: Getters

  package var nextDeadline: Instant? { timers.nextDeadline }
  /// By NodeID, as home saw them last.
  package var members: [Member] { roster.members }

  /// Whether an answer of home's is awaited.
  package var isRefreshing: Bool { query != nil }

  package func member(_ id: NodeID) -> Member? { roster.member(id) }

  /// Whether messages may be sent to a process.
  package func mayBeSentTo(_ peer: NodeID) -> Bool { phase != .stopped && (peer == home || member(peer) != nil) }

  /// What home is to be asked now; then `answered` or `unanswered` must follow. Nil when nothing is.
  package mutating func takeQuery() -> (query: RosterQuery, home: NodeID, patience: Nanoseconds)? {
    guard let home, let pending = pendingQuery else { return nil }
    pendingQuery = nil
    return (pending, home, answerTimeout)
  }

  // MARK: Perform

  package mutating func start(seeds: [SeedAddress], now: Instant, into outbox: inout Outbox) {
    guard case .idle = phase else { return }
    phase = .searching
    self.seeds = seeds
    becomeHomeless(now: now)
    search(now: now, into: &outbox)
  }

  /// Connects to a member, for messages. The answer is a handover.
  package mutating func openChannel(to peer: NodeID, now: Instant, into outbox: inout Outbox) {
    guard phase != .stopped, let member = member(peer) else {
      outbox.handovers.append(.failed(peer))
      return
    }
    dial(member.endpoint, expected: peer, for: .channel(peer), now: now, into: &outbox)
  }

  /// Asks for all members anew, also when none has come or gone. They are there when `isRefreshing` is false.
  package mutating func refresh() {
    guard home != nil else { return }
    if query == nil { ask(RosterQuery(cursor: 0, fingerprint: 0)) } else { isStale = true }
  }

  package mutating func stop(into outbox: inout Outbox) {
    phase = .stopped
    home = nil
    for stream in streams { outbox.streamActions.append(.close(stream.id)) }
    streams = []
    timers.removeAll()
    pendingQuery = nil
  }

  // MARK: Searching

  private mutating func becomeHomeless(now: Instant) {
    home = nil
    query = nil
    pendingQuery = nil
    isStale = false
    homelessSince = now
    timers.set(.homeless, at: now + clientTimeout)
  }

  private mutating func search(now: Instant, into outbox: inout Outbox) {
    isBetweenSearches = false
    failures = []
    dialled = []
    for seed in seeds {
      switch seed {
      case .endpoint(let endpoint): seek(endpoint, named: seed.description, now: now, into: &outbox)
      case .host(let host, let port):
        let id = ResolveID(nextResolve)
        nextResolve += 1
        resolving.append((id, seed.description))
        outbox.streamActions.append(.resolve(id, host: host, port: port))
      }
    }
    for _ in 0..<min(roster.members.count, Self.dialLimit) {
      let endpoint = roster.members[random.below(roster.members.count)].endpoint
      seek(endpoint, named: endpoint.description, now: now, into: &outbox)
    }
    endSearchIfOver(now: now)
  }

  private mutating func seek(_ endpoint: Endpoint, named seed: String, now: Instant, into outbox: inout Outbox) {
    guard !dialled.contains(endpoint), dialled.count < Self.dialLimit else { return }
    dialled.append(endpoint)
    dial(endpoint, expected: .unknown, for: .home(seed: seed), now: now, into: &outbox)
  }

  /// The answer to a look-up; no endpoints when the name did not resolve.
  package mutating func resolved(_ id: ResolveID, endpoints: [Endpoint], now: Instant, into outbox: inout Outbox) {
    guard let position = resolving.firstIndex(where: { $0.id == id }) else { return }
    let seed = resolving.remove(at: position).seed
    guard phase != .stopped, home == nil else { return }
    if endpoints.isEmpty { note(JoinFailure(seed: seed, cause: .unresolvable), into: &outbox) }
    for endpoint in endpoints { seek(endpoint, named: seed, now: now, into: &outbox) }
    endSearchIfOver(now: now)
  }

  private var isSearching: Bool {
    !resolving.isEmpty || streams.contains { if case .home = $0.purpose { true } else { false } }
  }

  private mutating func endSearchIfOver(now: Instant) {
    guard home == nil, phase != .stopped, !isSearching, !isBetweenSearches else { return }
    isBetweenSearches = true
    let due = now + backoff / 2 + random.jitter(backoff / 2 + 1)
    backoff = min(retryLimit, backoff * 2)
    nextSearch = due
    timers.set(.search, at: due)
  }

  private mutating func note(_ failure: JoinFailure, into outbox: inout Outbox) {
    failures.append(failure)
    outbox.events.append(.joinFailed(failure))
  }

  // MARK: Streams

  private mutating func dial(
    _ endpoint: Endpoint, expected: NodeID, for purpose: Purpose, now: Instant, into outbox: inout Outbox
  ) {
    let id = StreamID(nextStream)
    nextStream += 2
    streams.append(ClientStream(id: id, purpose: purpose))
    timers.set(.stream, key: id.raw, at: now + answerTimeout)
    outbox.streamActions.append(.dial(id, endpoint, expected: expected))
  }

  /// A stream is ready; `peer` has been authenticated.
  package mutating func streamOpened(_ id: StreamID, peer: NodeID, into outbox: inout Outbox) {
    guard let position = streams.firstIndex(where: { $0.id == id }) else { return }
    streams[position].peer = peer
    let start = outbox.bytes.count
    FrameHeader.client(.current).write(to: &outbox.bytes)
    outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
  }

  /// One frame has come in: a member lets the client in, or does not.
  package mutating func streamReceived(_ id: StreamID, frame: RawSpan, now: Instant, into outbox: inout Outbox) {
    guard let stream = streams.first(where: { $0.id == id }), let peer = stream.peer else { return }
    do throws(WireError) {
      var reader = ByteReader(frame)
      switch try FrameHeader(from: &reader) {
      case .admitted: admitted(stream, by: peer, into: &outbox)
      case .refused(let refusal):
        drop(id, into: &outbox)
        ended(stream, cause: .refused(refusal), now: now, into: &outbox)
      default: throw .malformed
      }
    } catch {
      drop(id, into: &outbox)
      ended(stream, cause: .stream(.reset), now: now, into: &outbox)
    }
  }

  private mutating func admitted(_ stream: ClientStream, by peer: NodeID, into outbox: inout Outbox) {
    streams.removeAll { $0.id == stream.id }
    outbox.handovers.append(.opened(stream.id, peer))
    guard case .home = stream.purpose else { return }
    home = peer
    homelessSince = nil
    for other in streams {
      if case .home = other.purpose { drop(other.id, into: &outbox) }
    }
    ask(RosterQuery(cursor: 0, fingerprint: 0))
  }

  /// A stream has ended, or a dial has failed.
  package mutating func streamClosed(
    _ id: StreamID, failure: StreamFailure, now: Instant, into outbox: inout Outbox
  ) {
    guard let stream = streams.first(where: { $0.id == id }) else { return }
    streams.removeAll { $0.id == id }
    ended(stream, cause: .stream(failure), now: now, into: &outbox)
  }

  private mutating func ended(
    _ stream: ClientStream, cause: JoinFailure.Cause, now: Instant, into outbox: inout Outbox
  ) {
    switch stream.purpose {
    case .channel(let peer):
      if case .refused(let refusal) = cause {
        outbox.handovers.append(.refused(peer, refusal))
      } else {
        outbox.handovers.append(.failed(peer))
      }
      // Rather than wait for an answer that cannot come.
      unanswered(by: peer, now: now, into: &outbox)
    case .home(let seed):
      guard home == nil else { return }
      note(JoinFailure(seed: seed, cause: cause), into: &outbox)
      endSearchIfOver(now: now)
    }
  }

  private mutating func drop(_ id: StreamID, into outbox: inout Outbox) {
    streams.removeAll { $0.id == id }
    outbox.streamActions.append(.close(id))
  }

  // MARK: Members

  private mutating func ask(_ next: RosterQuery) {
    query = next
    pendingQuery = next
  }

  /// A member has answered a query. One of a member that is not home any more is passed over.
  package mutating func answered(_ answer: RawSpan, from peer: NodeID, now: Instant, into outbox: inout Outbox) {
    guard phase != .stopped, peer == home, let query else { return }
    do throws(WireError) {
      switch try roster.take(answer, isFirst: query.cursor == 0) {
      case .more(let cursor): ask(RosterQuery(cursor: cursor, fingerprint: 0))
      case .unchanged: settle(now: now)
      case .whole:
        for id in roster.adopt() where id != home { outbox.handovers.append(.gone(id)) }
        settle(now: now)
      }
    } catch {
      unanswered(by: peer, now: now, into: &outbox)
    }
  }

  private mutating func settle(now: Instant) {
    phase = .connected
    query = nil
    backoff = retryInterval
    if isStale {
      isStale = false
      ask(RosterQuery(cursor: 0, fingerprint: 0))
      return
    }
    nextRefresh = now + refreshInterval
    timers.set(.refresh, at: now + refreshInterval)
  }

  /// Home has not answered, or nothing that makes sense: another one is looked for.
  package mutating func unanswered(by peer: NodeID, now: Instant, into outbox: inout Outbox) {
    guard phase != .stopped, peer == home else { return }
    // Of a member that nobody has told of, nobody would tell that it is gone.
    if member(peer) == nil { outbox.handovers.append(.gone(peer)) }
    becomeHomeless(now: now)
    if phase == .connected {
      search(now: now, into: &outbox)
    } else {
      note(JoinFailure(seed: peer.short, cause: .stream(.timedOut)), into: &outbox)
      endSearchIfOver(now: now)
    }
  }

  // MARK: Time

  /// Handles everything whose time has come. Safe to call early or late.
  package mutating func advance(to now: Instant, into outbox: inout Outbox) {
    while let timer = timers.popDue(at: now) {
      switch timer.kind {
      case .stream:
        guard let stream = streams.first(where: { $0.id.raw == timer.key }) else { continue }
        drop(stream.id, into: &outbox)
        ended(stream, cause: .stream(.timedOut), now: now, into: &outbox)
      case .search:
        guard isBetweenSearches, nextSearch == timer.deadline else { continue }
        search(now: now, into: &outbox)
      case .refresh:
        guard home != nil, query == nil, nextRefresh == timer.deadline else { continue }
        ask(RosterQuery(cursor: 0, fingerprint: roster.fingerprint))
      case .homeless:
        guard let since = homelessSince, since + clientTimeout <= now else { continue }
        for id in roster.removeAll() { outbox.handovers.append(.gone(id)) }
      }
    }
  }
}
