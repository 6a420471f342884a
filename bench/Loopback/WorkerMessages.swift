import ShoalCore

/// What a worker is told first: how its nodes are configured.
struct WorkerPlan: Codable, Sendable {
  var preset: String
  var without: [String]
  var clusterID: String
  /// In base64: it goes over a pipe, never into a command line.
  var key: String
  var loops: Int
  /// Whether every change of a view is kept, for pictures.
  var records: Bool

  var configuration: CoreConfiguration? {
    guard var configuration = PresetName(rawValue: preset)?.configuration else { return nil }
    for name in without {
      guard let feature = FeatureName(argument: name) else { return nil }
      configuration.features.subtract(feature.feature)
    }
    return configuration
  }
}

/// One line to a worker, answered by one line.
///
/// ```
/// bench ── prepare ──▶ worker ── ready ──▶ bench
/// bench ── start ────▶ worker ── done ───▶ bench       the nodes look for their seed from now on
/// bench ── awaitView ▶ worker ── view ───▶ bench       as soon as its nodes hold one view, or when the limit is over
/// ```
enum WorkerRequest: Codable, Sendable {
  case prepare(WorkerPlan)
  /// Starts nodes, all at once, and does not wait for them.
  case start([Newcomer], seed: String?)
  /// Waits until all nodes that were started are in, and tells where they are.
  case started
  /// Waits until all running nodes hold one view of so many members.
  case awaitView(members: Int, limit: Double)
  case awaitDeath(of: String, limit: Double)
  case awaitUpdate(of: String, incarnation: UInt64, limit: Double)
  /// What is held of a member, from now on.
  case watch(String)
  case watches
  /// What each running node made of a watched member.
  case verdicts(of: String)
  /// Every change of a view since the worker was prepared.
  case viewChanges
  /// A node's next incarnation.
  case nextIncarnation(node: Int)
  case watchUpdate(of: String, incarnation: UInt64)
  case publish(node: Int, value: Int)
  case updates
  /// A node goes without a goodbye.
  case crash(node: Int, kind: CrashName)
  /// A node says goodbye and goes.
  case leave(node: Int)
  case standStill(node: Int, kind: PauseName)
  case goOn(node: Int)
  /// Cuts the links between the nodes at these endpoints and all others.
  case split([String], from: [String])
  case heal
  case deaths
  case sizes
  case figures
  case usage
  /// Compares every table with those that must be in it.
  case check([Newcomer])
  /// Something about messages, for one node.
  case message(node: Int, MessageOrder)

  struct Newcomer: Codable, Sendable {
    let node: Int
    let name: String
  }
}

/// A worker's answer. Times are nanoseconds of the machine's monotonic clock.
enum WorkerReply: Codable, Sendable {
  case ready(ProcessUsage)
  case done(at: UInt64)
  case started([NodeAddress])
  case view(ViewFact)
  case met(Bool)
  case incarnation(UInt64)
  case watches([WatchFact])
  case verdicts([VerdictFact])
  case viewChanges([ViewChange])
  case updates([UpdateFact])
  case deaths([DeathFact])
  case sizes([Int])
  case figures([NodeReading])
  case usage(ProcessUsage)
  /// What is wrong with a table, in a sentence; nil when all are right.
  case checked(String?)
  case message(MessageFact)
  case failed(String)

  struct NodeAddress: Codable, Sendable {
    let node: Int
    let id: String
    let endpoint: String
  }

  struct ViewFact: Codable, Sendable {
    /// All nodes of the worker hold one view of as many members as were asked for.
    var isOne: Bool
    var fingerprint: UInt64
    /// When the last of them came to it.
    var since: UInt64
    /// How many of the worker's running nodes hold that many members, and how many there are.
    var holding: Int
    var running: Int
  }

  struct WatchFact: Codable, Sendable {
    let id: String
    var firstSuspected: UInt64?
    var firstDead: UInt64?
    var lastDead: UInt64?
    var deadAt: Int
  }

  /// Nil for what a node did not do.
  struct VerdictFact: Codable, Sendable {
    let node: Int
    let suspected: UInt64?
    let gone: UInt64?
  }

  struct ViewChange: Codable, Sendable {
    let at: UInt64
    let node: Int
    /// 0 for a node that holds no view any more.
    let fingerprint: UInt64
  }

  struct UpdateFact: Codable, Sendable {
    let id: String
    let incarnation: UInt64
    /// When each node other than the owner learned it or something newer.
    var learned: [UInt64]
    var copies: Int
  }

  /// Somebody was held dead, first at that time.
  struct DeathFact: Codable, Sendable {
    let id: String
    let incarnation: UInt64
    let at: UInt64
  }

  struct NodeReading: Codable, Sendable {
    let node: Int
    let sent: Sent
  }
}

/// What one node has sent, with headers, and how often it has stalled.
struct Sent: Codable, Sendable {
  var packets: UInt64 = 0
  var bytes: UInt64 = 0
  var stalls: UInt64 = 0

  static func + (left: Sent, right: Sent) -> Sent {
    Sent(packets: left.packets + right.packets, bytes: left.bytes + right.bytes, stalls: left.stalls + right.stalls)
  }

  func since(_ earlier: Sent) -> Sent {
    Sent(packets: packets - earlier.packets, bytes: bytes - earlier.bytes, stalls: stalls - earlier.stalls)
  }
}
