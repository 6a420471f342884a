package import ShoalCore
import ShoalSecurity

/// One process in the world: an engine and what its driver would hold.
package final class VirtualNode {
  package let index: Int32
  package let name: String
  package let id: NodeID
  let machine: Int32
  /// Where it was told to look for the cluster.
  var seeds: [SeedAddress] = []
  package internal(set) var engine: Engine
  package internal(set) var state = ProcessState.running
  package internal(set) var traffic = Traffic()

  var clock = LocalClock()
  /// What seals and opens its datagrams, where that is done for real.
  var sealed: SealedDatagram?
  /// Which generation of the cluster's keys it seals with.
  var keyGeneration = 0
  var build = Build.current
  /// What its datagrams are sealed under.
  var salt: UInt64
  /// The one wake-up that counts, in the world's time; earlier and later ones in the queue are stale.
  var scheduledWake: Instant?
  /// Which connection each stream is. Looked up, never iterated.
  var links: [StreamID: LinkID] = [:]
  private var nextInbound: UInt64 = 2
  package internal(set) var messenger: Messenger
  package internal(set) var broadcaster: Broadcaster
  /// How many of the publications that it has sent another way were counted.
  var reroutedSeen: UInt64 = 0
  /// The streams that are the messenger's. Looked up, never iterated.
  var channels: Set<StreamID> = []
  /// As `scheduledWake`, for the messenger.
  var scheduledMessengerWake: Instant?
  /// Even, as a gate draws them.
  private var nextMessage: UInt64 = 2
  /// Under which epoch it got the last publication of a totally ordered topic; nil when there was none, or it has lost its place since.
  var orderEpoch: UInt64?
  /// Salts that strangers have proven, by handle, where sealing is only counted. Looked up, never iterated.
  var proven: [UInt64: UInt64] = [:]
  /// When it crashed or stopped; nil while it runs.
  var endedAt: Instant?

  // MARK: What is wrong with it

  /// Its kernel does not answer either.
  var isFrozen = false
  /// Sends and receives wait.
  var isBlocked = false
  /// Receives wait.
  var isStarved = false
  /// Since when it is paused, frozen, blocked or starved.
  var impairedSince: Instant?
  /// When the last such time ended.
  var recoveredAt: Instant?
  /// How late it handles everything.
  var delay: Nanoseconds = 0
  /// What has arrived and waits for the process.
  var backlog: [SimulatedEvent] = []
  /// What the datagrams among these occupy in its receive buffer, in bytes.
  var buffered = 0
  /// How much that buffer holds.
  var receiveBuffer = SocketBuffer.bytes
  /// What waits to be sent.
  var unsent: [PacketID] = []

  // MARK: What checkers know of it

  /// How this node is counted among the views of the world.
  var standing = ViewStanding.absent
  /// Rises with each event that it publishes.
  var eventsPublished: UInt64 = 0
  var packetsReceived: UInt64 = 0
  /// Since when it coordinates without a majority within reach, as seen at checkpoints.
  var inMinoritySince: Instant?

  /// While its output is blocked a process keeps at most so many datagrams; further ones are lost.
  static let unsentLimit = 4_096

  init(
    index: Int32, machine: Int32, identity: LocalIdentity, configuration: CoreConfiguration, seed: UInt64,
    interner: RecordInterner, memory: CoordinationMemory?, clock: LocalClock, at instant: Instant
  ) {
    self.clock = clock
    self.index = index
    self.machine = machine
    name = identity.name
    id = identity.id
    salt = identity.salt
    engine = Engine(
      identity: identity, configuration: configuration, randomSeed: seed, interner: interner,
      memory: memory, now: clock.now(at: instant))
    messenger = Messenger(
      identity: identity.id, configuration: configuration.messaging, randomSeed: StableHash.combine(seed, 5))
    broadcaster = Broadcaster(identity: identity.id, configuration: configuration.messaging)
    // Before anything is known it leads to nothing.
    var outbox = BroadcastOutbox()
    broadcaster.subscribe(to: MessageTraffic.subscribed, now: .zero, into: &outbox)
  }

  /// A message that is sent one way.
  func draft(_ payload: [UInt8]) -> Message {
    defer { nextMessage += 2 }
    return Message(
      .send, number: nextMessage, correlation: CorrelationID(high: id.high, low: nextMessage), payload: payload)
  }

  /// Drivers draw even numbers for what they accept.
  func drawInboundStream() -> StreamID {
    defer { nextInbound += 2 }
    return StreamID(nextInbound)
  }

  func now(at instant: Instant) -> Now { clock.now(at: instant) }

  /// Whether it could act as coordinator the moment it runs, paused or not.
  func holdsReign(at instant: Instant) -> Bool { engine.isCoordinator(at: clock.now(at: instant).monotonic) }

  /// Whether it coordinates, by its own account and clock.
  func isCoordinator(at instant: Instant) -> Bool {
    isAdmitted && engine.isCoordinator(at: clock.now(at: instant).monotonic)
  }

  /// Whether input waits: the process does not run, or does not read.
  var holdsInput: Bool { state == .paused || isBlocked || isStarved }

  /// Whether anything keeps it from answering in time, or has done so within `span`.
  func isImpaired(at now: Instant, within span: Nanoseconds) -> Bool {
    if state == .paused || isBlocked || isStarved || delay > 0 { return true }
    return recoveredAt.map { now.since($0) < span } ?? false
  }

  /// Whether the process holds a view of its own that others can expect to be right.
  package var isAdmitted: Bool { state == .running && engine.phase == .admitted }
}

/// Whether a process runs.
package enum ProcessState: Hashable, Sendable {
  case running
  /// Stopped, alone or with its whole machine; comes back with all it knew.
  case paused
  /// Gone without a word.
  case crashed
  /// Ended in order: it left, or was refused or replaced.
  case stopped
}

/// How a process counts when views are compared.
enum ViewStanding: Equatable {
  /// Not running, or leaving.
  case absent
  /// Paused: others may or may not hold it living.
  case paused
  /// Running, not admitted yet.
  case joining
  case admitted(fingerprint: UInt64)
}
