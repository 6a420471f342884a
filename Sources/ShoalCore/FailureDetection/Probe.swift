/// One probe under way.
///
/// ```
/// 0          1          2                       3                        verdict
/// ├─ ping ───┼─ ping ───┼─ pingRequest × k ─────┼─ ping, and once more ──┤ all nacks are in, or at
///                          ping, TCP ping          to silent helpers       2 + 5 · (1 + ⌊health/2⌋)
/// ```
///
/// in round-trip timeouts. Helpers ping three times, one of their own timeouts apart, and then nack. Without adaptive timeouts
/// there are a ping, helpers after `probeTimeout`, and a verdict when the period is over (SWIM §3.1).
struct Probe {
  /// What the answer is wanted for.
  enum Purpose: UInt8, BitwiseCopyable {
    /// The one probe of this period.
    case periodic
    /// No helper had answered either: once more, through others, before anybody is accused.
    case secondOpinion
    /// A private suspicion looks again.
    case recheck
    /// The last probe before a verdict.
    case jury
  }

  let target: NodeID
  let purpose: Purpose
  /// The number of its `Exchange`; each ping adds its attempt.
  let sequence: UInt32
  let startedAt: Instant
  /// One round-trip timeout as it was at the start.
  let timeout: Nanoseconds
  /// The latest moment for the verdict.
  private(set) var verdictAt: Instant
  /// How far stalls of our own have moved the verdict.
  private(set) var excused: Nanoseconds = 0
  /// How many steps of the drawing above have been taken.
  var steps = 0
  var lastPingAt: Instant
  var lastAttempt: UInt32 = 0
  /// Only pings: neither helpers nor TCP. For a process that is known to be paused.
  var isDirectOnly = false
  /// The helpers that were asked.
  private(set) var helpers = HelperList()
  /// Those that were asked in vain by the probe before this one.
  var excluded = HelperList()
  /// The helpers that answered that they heard nothing either: a bit for each, by its place among the helpers.
  private(set) var nacks: UInt16 = 0
  var stream = StreamPing.none

  /// How Lifeguard scores a probe that failed: one for each missed nack, or one when nobody could have sent any (§IV.A).
  var healthPenalty: Int { helpers.isEmpty ? 1 : helpers.count - nackCount }

  var nackCount: Int { nacks.nonzeroBitCount }

  /// Whether every helper has answered that it heard nothing, so that waiting longer tells nothing new.
  var isUnanimous: Bool { !helpers.isEmpty && nackCount == helpers.count }

  /// Moves the verdict because this node did not run, by at most `limit` in all.
  mutating func excuse(_ stall: Nanoseconds, limit: Nanoseconds) {
    let span = min(stall, limit - min(limit, excused))
    excused += span
    verdictAt = verdictAt + span
  }

  func answers(_ sequence: UInt32) -> Bool { Exchange.number(of: sequence) == self.sequence }

  mutating func addHelper(_ id: NodeID) { helpers.append(id) }

  func hasNacked(_ helper: Int) -> Bool { nacks & 1 << UInt16(helper) != 0 }

  /// Takes in a nack; false when its sender was not asked, or has nacked before.
  mutating func nacked(by id: NodeID) -> Bool {
    guard let helper = helpers.firstIndex(of: id), !hasNacked(helper) else { return false }
    nacks |= 1 << UInt16(helper)
    return true
  }
}

/// The helpers of one probe.
typealias HelperList = NodeIDList<RoomForSixteen>

extension Evidence {
  /// Every helper that heard nothing either becomes a witness.
  mutating func add(nacksOf probe: Probe) {
    for helper in probe.helpers.indices where probe.hasNacked(helper) { add(witness: probe.helpers[helper]) }
  }
}

/// What a TCP connection to the target has shown so far.
enum StreamPing: BitwiseCopyable, Equatable {
  case none
  case dialling(StreamID)
  /// The far kernel has accepted; nobody has answered the handshake.
  case connected(StreamID)
  /// Nobody listens there: refused once, to be asked again.
  case refusedOnce
  case diallingAgain(StreamID)
  case refusedTwice
  /// Says nothing: unreachable, out of descriptors, or another process.
  case inconclusive

  var stream: StreamID? {
    switch self {
    case .dialling(let id), .connected(let id), .diallingAgain(let id): id
    case .none, .refusedOnce, .refusedTwice, .inconclusive: nil
    }
  }

  /// Whether TCP has shown nothing that could stand as evidence.
  var isSilent: Bool {
    switch self {
    case .none, .dialling, .inconclusive, .refusedOnce, .diallingAgain: true
    case .connected, .refusedTwice: false
    }
  }

  /// Whether more may come of it soon.
  var isUndecided: Bool {
    switch self {
    case .refusedOnce, .diallingAgain: true
    case .none, .dialling, .connected, .refusedTwice, .inconclusive: false
    }
  }
}

/// The probes under way: the periodic one, and those that suspicions ask for. Few; looked up by walking.
struct ProbeTable {
  /// At most so many at once. Beyond it suspicions wait for their turn.
  static let limit = 128

  private(set) var entries: [Probe] = []

  /// The one of this period, and one that is late.
  private static let usualCount = 2

  init() { entries.reserveCapacity(Self.usualCount) }

  var isFull: Bool { entries.count >= Self.limit }

  mutating func add(_ probe: Probe) { entries.append(probe) }

  func position(answering sequence: UInt32) -> Int? {
    entries.firstIndex { $0.answers(sequence) }
  }

  func position(on stream: StreamID) -> Int? {
    entries.firstIndex { $0.stream.stream == stream }
  }

  func isProbing(_ target: NodeID) -> Bool { entries.contains { $0.target == target } }

  mutating func remove(at position: Int) -> Probe { entries.remove(at: position) }

  /// Takes every probe of a target.
  mutating func removeAll(of target: NodeID) { entries.removeAll { $0.target == target } }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// Takes every probe whose verdict was due by `instant`.
  mutating func removeAll(dueBy instant: Instant) { entries.removeAll { $0.verdictAt <= instant } }

  mutating func postponeVerdicts(by span: Nanoseconds, limit: Nanoseconds) {
    for position in entries.indices { entries[position].excuse(span, limit: limit) }
  }

  subscript(position: Int) -> Probe {
    get { entries[position] }
    _modify { yield &entries[position] }
  }
}
