/// One node's protocol: a state machine that is told what happened and when, and says what to send and when to wake it.
///
/// It holds no clock, socket, logger or task. The same calls at the same times with the same seed give the same bytes.
///
/// - **Getters** read: `members`, `fingerprint`, `counters`, `nextDeadline`.
/// - **Receive** tells what came in: `receive`, `streamOpened`, `streamReceived`, `streamClosed`, `resolved`.
/// - **Perform** tells what the user wants: `perform`.
/// - **Advance** tells that time has passed: `advance(to:)`, when `nextDeadline` is reached.
///
/// Every call but the getters may append to the outbox, which the driver then carries out and empties.
package struct Engine: ~Copyable {
  let settings: Settings
  let interner: RecordInterner?
  var random: PRNG
  var timers = TimerTable<TimerKind>()
  package internal(set) var counters = Counters()
  package internal(set) var phase = EnginePhase.idle

  /// This node's own record, the latest version.
  var record: Record
  /// Where it stands in the table, once admitted.
  var myIndex: SlotIndex?
  var table = MemberTable()
  var burials = Fifo<Burial>()
  /// When this node last did its share of asking the dead.
  var lastHealTurn = Instant.zero
  /// Why this node leaves, once it does.
  private var farewell = LeaveReason.left
  /// Why it leaves as soon as it has the table.
  private var postponedLeave: LeaveReason?
  /// A living process with our name that is more senior than we are.
  var rival: NodeID?

  var ring = ProbeRing()
  /// The period of the next aligned probe, counted from 1970.
  var probeEpoch: UInt64 = 0
  var probes = ProbeTable()
  var pending = PendingPings()
  var roundTrip = RoundTripEstimate()
  /// The same of forwards down trees, late answers to the first of several sends included.
  var forwardRoundTrip = RoundTripEstimate()
  var lateness = Lateness()
  var suspicions = SuspicionTable()
  var health: LocalHealth
  var accusationBudget: TokenBucket
  var hearing: Hearing
  /// Whether this node has heard nobody for so long that it must be cut off itself.
  package internal(set) var isIsolated = false
  var damping: FlapDamping
  /// The incarnation at which this node is held dead, while it still has to prove its links.
  var pendingReturn: UInt64?
  var detours = Detours()
  var nextSequence: UInt32

  var queue = DisseminationQueue()
  var isGossipArmed = false
  var antiEntropy: AntiEntropy

  /// Nil in every real node.
  package var plantedBug: PlantedBug?

  var hashRing = HashRing()
  var tree = TreeTable()
  var news = NewsBatch()
  var newsDue: Instant?
  /// The version of our own record that is being changed.
  var changedFrom: Record?
  /// How the news that is being applied has come here.
  var newsSource = NewsSource.here
  /// Who has told what is being applied; `.unknown` when nobody in particular did.
  var newsTeller = NodeID.unknown
  var updateRate = UpdateRate()
  var repeatBudget = RepeatBudget()
  var treeAllowance = TokenBucket(perSecond: RangeTree.treesPerSecond, burst: RangeTree.treeBurst)
  var root: EpochRoot?

  var coordination: Coordination
  var evictionAnswers = TokenBucket(perSecond: Engine.evictionAnswersPerSecond, burst: Engine.evictionAnswerBurst)

  var metadata = MetadataStore()
  var pulls = MetadataPulls()

  var streams = StreamTable()
  /// Clients with a session here. Looked up, never iterated.
  var clients: Set<NodeID> = []
  var seeds: SeedSearch
  var desk = AdmissionDesk()
  var newcomers = Newcomers()
  /// Newcomers that were let in here and have not been announced.
  var announcements = NewsBatch()
  /// The stream on which we, as a newcomer, get the table.
  var pullingTable: StreamID?

  /// - Parameters:
  ///   - identity: what this node says of itself; validated by the caller.
  ///   - configuration: validated by the caller.
  ///   - randomSeed: orders probes and picks helpers; give each node its own.
  ///   - interner: where many engines run in one process, the records that they share. Default none.
  ///   - memory: what was written down before a restart, empty at a first start; nil where nothing is written down. Default nil.
  package init(
    identity: LocalIdentity, configuration: CoreConfiguration, randomSeed: UInt64, interner: RecordInterner? = nil,
    memory: CoordinationMemory? = nil, now: Now
  ) {
    self.interner = interner
    settings = Settings(configuration, remembers: memory != nil)
    random = PRNG(seed: randomSeed)
    record = Record(
      id: identity.id, incarnation: 1, seniority: 0, role: identity.role, versions: identity.versions,
      salt: identity.salt,
      endpoint: identity.endpoint, name: identity.name, tags: identity.tags, supersedes: nil,
      flags: configuration.coordination.isEligible ? [] : .notEligible,
      metadata: identity.metadata.isEmpty ? nil : MetadataStamp(version: 1, of: identity.metadata))
    if let stamp = record.metadata { metadata.keep(identity.metadata, as: stamp, of: identity.id) }
    health = LocalHealth(limit: configuration.detection.localHealthLimit)
    accusationBudget = AccusationBudget.bucket(
      interval: Nanoseconds(configuration.detection.probeInterval), now: now.monotonic)
    hearing = Hearing(now: now.monotonic)
    damping = FlapDamping(now: now.monotonic)
    nextSequence = UInt32(truncatingIfNeeded: random.next())
    antiEntropy = AntiEntropy(
      quietTime: Nanoseconds(configuration.membership.repairQuietTime),
      patience: Nanoseconds(configuration.membership.repairPatience), now: now.monotonic)
    seeds = SeedSearch(
      retryInterval: settings.joinRetryInterval, retryLimit: settings.joinRetryLimit)
    coordination = Coordination(
      memory: memory, quorum: settings.quorum.fingerprint,
      abstainsUntil: now.monotonic + Lease.promise(settings.leaseTime),
      wallMilliseconds: now.wallMilliseconds)
    table.coordination.allowEpochs(wallMilliseconds: now.wallMilliseconds)
    if let memory {
      table.coordination.remember(epoch: max(memory.highestEpoch, memory.grantedEpoch, memory.followedEpoch))
    }
  }

  // MARK: Getters

  /// When `advance(to:)` is due; nil while nothing is waited for.
  package var nextDeadline: Instant? { timers.nextDeadline }
  package var fingerprint: UInt64 { table.fingerprint.value }
  package var livingCount: Int { table.livingCount }
  /// What the member table occupies, in bytes, records not counted: they may be shared.
  package var tableByteCount: Int { table.byteCount }
  /// What the rings of aligned probing and of the trees occupy, in bytes.
  package var ringByteCount: Int { ring.byteCount + hashRing.byteCount }
  package var localHealthScore: Int { health.score }

  /// Whether the peers heard since the view last changed agree with it: every one of the latest pings and acks, at least as
  /// many as there are other members, four at most. Alone in its view an admitted node agrees with itself.
  package var isConverged: Bool {
    phase == .admitted && !isIsolated && antiEntropy.consecutiveMatches >= min(max(0, livingCount - 1), 4)
  }

  /// Whether a round of asking seeds has ended without success and the next one is waited for.
  package var isBetweenJoinRounds: Bool {
    phase == .joining && seeds.resolving.isEmpty && !isAskingSeeds
  }

  package var myself: Member {
    if let myIndex { table.member(myIndex) } else { Member(record) }
  }

  /// The living, or the dead and left that are remembered. O(N).
  package func members(living: Bool) -> [Member] {
    var members: [Member] = []
    forEachMember { if $0.status.isLiving == living { members.append($0) } }
    return members
  }

  /// The living member of this name; the most senior one while there are several. O(members).
  package func livingMember(named name: String) -> Member? {
    var found: Member?
    forEachMember { member in
      guard member.status.isLiving, member.name == name else { return }
      if found.map({ member.seniority < $0.seniority }) ?? true { found = member }
    }
    return found
  }

  /// Visits every known member, dead and left ones included. O(N); not for hot paths.
  package func forEachMember(_ body: (Member) -> Void) {
    for position in 0..<table.slotCount where table.isOccupied(SlotIndex(position)) {
      body(table.member(SlotIndex(position)))
    }
  }

  package func member(_ id: NodeID) -> Member? {
    table.find(id).map { table.member($0) }
  }

  /// Whether this node suspects a member, in public or still in private.
  package func suspects(_ id: NodeID) -> Bool {
    suspicions[id] != nil || table.find(id).map { table.status($0) == .suspect } == true
  }

  /// Whether this node knows that it is held dead, and has yet to prove its links before it comes back.
  package var isProvingLinks: Bool { pendingReturn != nil }

  /// How a member came to its status.
  package func explanation(_ id: NodeID) -> Explanation? {
    guard let index = table.find(id) else { return nil }
    let suspectedAt = table.suspectedAt(index)
    return Explanation(
      member: table.member(index), evidence: suspicions[id]?.evidence ?? table.evidence(index),
      statusSince: table.statusSince(index), suspectedAt: suspectedAt == 0 ? nil : suspectedAt,
      decidedHere: table.status(index) == .dead ? table.isDecidedHere(index) : nil,
      isSuspectedHere: suspicions[id] != nil, detour: detours[id].map { Explanation.Detour($0) })
  }

  /// What the sealing layer must know of the sender behind a handle; nil for strangers.
  package func peer(handle: UInt64) -> Peer? {
    if let index = table.find(handle: handle) {
      return Peer(
        id: table.id(index), salt: table.salt(index), isLiving: table.status(index).isLiving,
        isNeverForgotten: table.record(index).seniority > table.highestReapedSeniority)
    }
    return pending.hearsayPeer(handle: handle)
  }

  // MARK: Perform

  package mutating func perform(_ command: Command, now: Now, into outbox: inout Outbox) {
    defer { settleCoordination(now: now, into: &outbox) }
    switch command {
    case .join(let addresses):
      guard phase == .idle else { return }
      phase = .joining
      seeds.addresses = addresses
      searchSeeds(now: now, into: &outbox)
    case .leave: leave(now: now, into: &outbox)
    case .renewSalt(let salt):
      publish(record.with(incarnation: record.incarnation + 1, salt: salt), now: now, into: &outbox)
    case .setTags(let tags):
      guard tags != record.tags else { return }
      // Told as a change; a refutation must reach also those who have missed the version before.
      changedFrom = record
      publish(record.with(incarnation: record.incarnation + 1, tags: tags), now: now, into: &outbox)
      changedFrom = nil
    case .setMetadata(let bytes): setMetadata(bytes, now: now, into: &outbox)
    case .memoryKept(let version): memoryKept(version, now: now, into: &outbox)
    }
  }

  // MARK: Advance

  /// Handles everything whose time has come. Safe to call early or late.
  package mutating func advance(to now: Now, into outbox: inout Outbox) {
    defer { settleCoordination(now: now, into: &outbox) }
    while let timer = timers.popDue(at: now.monotonic) {
      switch timer.kind {
      case .probe: probePeriod(now: now, into: &outbox)
      case .probeStep: probeStep(sequence: UInt32(truncatingIfNeeded: timer.key), now: now, into: &outbox)
      case .pendingPing: pingExpired(sequence: UInt32(truncatingIfNeeded: timer.key), now: now, into: &outbox)
      case .suspicion: suspicionDue(SlotIndex(Int32(truncatingIfNeeded: timer.key)), now: now, into: &outbox)
      case .gossip: gossip(now: now, into: &outbox)
      case .seeds: searchSeedsIfDue(now: now, into: &outbox)
      case .stream: streamExpired(StreamID(timer.key), now: now, into: &outbox)
      case .heal: heal(now: now, into: &outbox)
      case .reap: reap(now: now, into: &outbox)
      case .comeback: comeBack(now: now, into: &outbox)
      case .farewell: stop(.left(farewell), into: &outbox)
      case .admissions: admitWaiting(now: now, into: &outbox)
      case .redirect: targetSilent(StreamID(timer.key), now: now, into: &outbox)
      case .pull: pullTable(StreamID(timer.key), into: &outbox)
      case .compare: compareAgain(now: now, into: &outbox)
      case .metadata: metadataDue(SlotIndex(Int32(truncatingIfNeeded: timer.key)), now: now, into: &outbox)
      case .news: newsGathered(now: now, into: &outbox)
      case .treeForward: forwardExpired(UInt32(truncatingIfNeeded: timer.key), now: now, into: &outbox)
      case .coordination: coordinationDue(now: now, into: &outbox)
      }
    }
  }

  /// Forgets deadlines ahead of all others that have lost their meaning, as those of pings that were answered, so that nobody is woken
  /// for them.
  package mutating func dropVoidTimers() {
    while let timer = timers.first, isVoid(timer) { timers.removeFirst() }
  }

  private func isVoid(_ timer: TimerTable<TimerKind>.Timer) -> Bool {
    switch timer.kind {
    case .probeStep: probes.position(answering: UInt32(truncatingIfNeeded: timer.key)) == nil
    case .pendingPing: !pending.contains(sequence: UInt32(truncatingIfNeeded: timer.key))
    case .treeForward: tree[UInt32(truncatingIfNeeded: timer.key)] == nil
    case .stream, .redirect, .pull: streams[StreamID(timer.key)] == nil
    case .probe, .suspicion, .gossip, .seeds, .heal, .reap, .comeback, .farewell, .admissions, .compare, .metadata,
      .news, .coordination:
      false
    }
  }

  // MARK: Life

  /// Enters the table as a member: the moment from which this node probes and is probed.
  mutating func enter(as granted: Record, now: Now, into outbox: inout Outbox) {
    let index = table.insert(granted, now: now)
    ring.note(index, due: now.monotonic + settings.ringDelay, in: table)
    hashRing.insert(index)
    begin(at: index, now: now, into: &outbox)
  }

  /// Begins its life as the member that stands at `index`.
  mutating func begin(at index: SlotIndex, now: Now, into outbox: inout Outbox) {
    record = table.record(index)
    phase = .admitted
    myIndex = index
    hearing = Hearing(now: now.monotonic)
    damping = FlapDamping(now: now.monotonic)
    antiEntropy.viewChanged(at: now.monotonic)
    outbox.events.append(.joined(table.member(index)))
    if let stamp = metadata.stamp(of: record.id) {
      // What was set after we asked to be let in is told right away.
      if record.metadata == stamp {
        outbox.events.append(.metadataChanged(table.member(index)))
      } else {
        armMetadata(index, at: now.monotonic)
      }
    }
    timers.set(.probe, at: now.monotonic + random.jitter(settings.probeInterval))
    lastHealTurn = now.monotonic
    if !isComparing {
      timers.set(.heal, at: now.monotonic + settings.healInterval + random.jitter(settings.healInterval))
    }
  }

  /// Publishes a newer version of this node's own record.
  mutating func publish(_ newer: Record, now: Now, into outbox: inout Outbox) {
    record = newer
    guard let myIndex, phase == .admitted else { return }
    table.adopt(newer, at: myIndex, now: now)
    antiEntropy.viewChanged(at: now.monotonic)
    outbox.events.append(.updated(table.member(myIndex)))
    spread(myIndex, now: now)
  }

  /// Says goodbye: at once to a few, by gossip to the rest, and stops shortly after. One that was evicted does so as well: if it fell silent
  /// at once, whoever has not heard of it yet would hold it dead. A newcomer gets the table first.
  mutating func leave(for reason: LeaveReason = .left, now: Now, into outbox: inout Outbox) {
    guard let myIndex, phase == .admitted else {
      if phase != .leaving, phase != .stopped { stop(.left(reason), into: &outbox) }
      return
    }
    if let pullingTable {
      // Others know of it already, but it knows hardly anybody to tell: they would find it dead.
      postponedLeave = postponedLeave ?? reason
      timers.set(.stream, key: pullingTable.raw, at: now.monotonic + Self.leavePatience)
      return
    }
    phase = .leaving
    farewell = reason
    probes.removeAll()
    suspicions.removeAll()
    bury(myIndex, as: .left, reason: reason, incarnation: record.incarnation, now: now, into: &outbox)
    guard table.livingCount > 0 else {
      stop(.left(reason), into: &outbox)
      return
    }
    sayFarewell(now: now, into: &outbox)
    timers.set(.farewell, at: now.monotonic + 3 * settings.gossipInterval)
  }

  /// A newcomer waits so long for the table when it is asked to leave.
  private static let leavePatience = Nanoseconds.seconds(2)

  /// The table has come, or as much of it as will come.
  mutating func leaveIfPostponed(now: Now, into outbox: inout Outbox) {
    if let reason = postponedLeave { leave(for: reason, now: now, into: &outbox) }
  }

  /// Ends everything. Streams are closed, timers forgotten; the engine answers nothing any more.
  mutating func stop(_ reason: StopReason, into outbox: inout Outbox) {
    guard phase != .stopped else { return }
    phase = .stopped
    probes.removeAll()
    pending.removeAll()
    suspicions.removeAll()
    timers.removeAll()
    queue.removeAll()
    tree.removeAll()
    pulls.removeAll()
    for id in streams.removeAll() { outbox.streamActions.append(.close(id)) }
    outbox.events.append(.stopped(reason))
  }
}
