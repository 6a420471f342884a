/// Why a member is suspected or dead: who accused it, who else heard nothing, and over which paths.
public struct Evidence: Hashable, Sendable {
  /// The ways in which a probe was tried without an answer.
  public struct Paths: OptionSet, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A ping from the accuser over UDP.
    public static let direct = Paths(rawValue: 1)
    /// A ping through at least one helper.
    public static let indirect = Paths(rawValue: 2)
    /// A connection over TCP that nothing answered.
    public static let stream = Paths(rawValue: 4)
    /// A connection over TCP that was refused: the process is gone.
    public static let refused = Paths(rawValue: 8)
    /// A connection over TCP that was accepted, and then nothing: the process is paused.
    public static let stalled = Paths(rawValue: 16)
    /// No probe at all: the accuser heard nobody for so long that it took itself for the last one.
    public static let alone = Paths(rawValue: 32)
  }

  /// At most so many witnesses are kept and gossiped.
  package static var witnessLimit: Int { NodeIDList<RoomForFive>.limit }

  public var accuser: NodeID
  public var paths: Paths
  /// The same as `witnesses`, without an array.
  private(set) var witnessList = NodeIDList<RoomForFive>()

  /// Helpers and further accusers that heard nothing either; at most five.
  public var witnesses: [NodeID] { Array(witnessList) }

  package init(accuser: NodeID, witnesses: [NodeID] = [], paths: Paths) {
    self.accuser = accuser
    self.paths = paths
    witnessList = NodeIDList(witnesses)
  }

  /// Takes in another accusation of the same incarnation: its accuser and witnesses become witnesses of this one.
  mutating func merge(_ other: Evidence) {
    add(witness: other.accuser)
    for witness in other.witnessList { add(witness: witness) }
    paths.formUnion(other.paths)
  }

  /// Whether it is the accuser or a witness.
  func names(_ id: NodeID) -> Bool { id == accuser || witnessList.contains(id) }

  /// Adds a witness; beyond the limit, and for the accuser itself, nothing changes.
  package mutating func add(witness: NodeID) {
    guard witness != accuser, !witnessList.contains(witness) else { return }
    witnessList.append(witness)
  }
}

/// What this node knows of how a member came to its status; times are local.
public struct Explanation: Hashable, Sendable {
  public let member: Member
  /// Nil while nobody ever accused it.
  public let evidence: Evidence?
  /// Since when this node has held the present status, milliseconds since 1970.
  public let statusSince: UInt64
  /// When this node first heard or raised the latest suspicion, milliseconds since 1970; nil while there was none.
  public let suspectedAt: UInt64?
  /// Whether this node's own suspicion ran out (true) or another's verdict was adopted (false); nil unless dead.
  public let decidedHere: Bool?
  /// Whether this node suspects it right now, in public or, while `member.status` is alive, in private still.
  public let isSuspectedHere: Bool
  /// Set while it answers this node only by a detour: a link between the two is broken, the member lives.
  public let detour: Detour?

  /// The way by which a member answered that had not answered a direct ping.
  public struct Detour: Hashable, Sendable {
    /// The member through which it answered; nil when it was over TCP.
    public let helper: NodeID?
    /// Since when, milliseconds since 1970.
    public let since: UInt64

    init(_ entry: Detours.Entry) {
      helper = entry.helper
      since = entry.since
    }
  }
}
