package import ShoalCore

/// One process in the world: an engine and what its driver would hold.
package final class VirtualNode {
  package let index: Int32
  package let name: String
  package let id: NodeID
  let machine: Int32
  package internal(set) var engine: Engine
  package internal(set) var state = ProcessState.running
  package internal(set) var traffic = Traffic()

  /// What its datagrams are sealed under.
  var salt: UInt64
  /// The one wake-up that counts; earlier and later ones in the queue are stale.
  var scheduledWake: Instant?
  /// Which connection each stream is. Looked up, never iterated.
  var links: [StreamID: LinkID] = [:]
  private var nextInbound: UInt64 = 2
  /// Salts that strangers have proven, by handle. Looked up, never iterated.
  var proven: [UInt64: UInt64] = [:]
  /// What arrived during a pause.
  var backlog: [SimulatedEvent] = []
  /// When it crashed or stopped; nil while it runs.
  var endedAt: Instant?

  /// How this node is counted among the views of the world.
  var standing = ViewStanding.absent

  /// A paused process keeps at most so many packets in its socket buffer; further ones are lost.
  static let backlogLimit = 4_096

  init(index: Int32, machine: Int32, identity: LocalIdentity, configuration: CoreConfiguration, seed: UInt64, now: Now)
  {
    self.index = index
    self.machine = machine
    name = identity.name
    id = identity.id
    salt = identity.salt
    engine = Engine(identity: identity, configuration: configuration, randomSeed: seed, now: now)
  }

  /// Drivers draw even numbers for what they accept.
  func drawInboundStream() -> StreamID {
    defer { nextInbound += 2 }
    return StreamID(nextInbound)
  }

  /// Whether the process holds a view of its own that others can expect to be right.
  var isAdmitted: Bool { state == .running && engine.phase == .admitted }
}

/// Whether a process runs.
package enum ProcessState: Hashable, Sendable {
  case running
  /// Stopped by the operating system; comes back with all it knew.
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
