/// What everybody knows about one process: written only by its owner, apart from `status`.
public struct Member: Hashable, Sendable {
  public let id: NodeID
  /// Unique in a cluster, stable over restarts. 1 to 64 bytes of UTF-8.
  public internal(set) var name: String
  public internal(set) var endpoint: Endpoint
  public package(set) var status: MemberStatus
  /// The owner's version of this record; raised by the owner alone.
  public internal(set) var incarnation: UInt64
  /// A Lamport counter given at admission: the lower, the longer in the cluster. Ties are broken by `id`.
  public internal(set) var seniority: UInt64
  public internal(set) var role: MemberRole
  /// At most 512 bytes in all, names and values together.
  public internal(set) var tags: [String: String]
  /// The version of its metadata: 0 while it never had any, then raised with each change. The bytes are pulled, and may come later.
  public internal(set) var metadataVersion: UInt64
  /// Why the member left; nil unless `status` is `.left`.
  public internal(set) var leaveReason: LeaveReason?
  /// The protocol versions it speaks.
  public internal(set) var versions: WireVersionRange
  /// The predecessor under the same name that this process replaces.
  package internal(set) var supersedes: NodeID?
  /// The random part of its datagrams' nonces.
  package internal(set) var salt: UInt64
}

/// The state of a member as gossiped.
///
/// ```
/// alive ──suspect──▶ suspect ──dead──▶ dead
///   ▲                   │                │      a higher incarnation, from the owner, brings back alive
///   └──── refute ───────┴────────────────┘
/// any ──left──▶ left                            final: no incarnation brings it back
/// ```
public enum MemberStatus: UInt8, Sendable, Hashable, BitwiseCopyable, CaseIterable {
  case alive = 0
  case suspect = 1
  case dead = 2
  case left = 3

  /// `alive`, `suspect`, `dead` or `left`, as API, CLI and logs show it.
  public var name: String {
    switch self {
    case .alive: "alive"
    case .suspect: "suspect"
    case .dead: "dead"
    case .left: "left"
    }
  }

  /// Alive or suspect: counted in the view and covered by the fingerprint.
  public var isLiving: Bool { self == .alive || self == .suspect }
}

/// Why a member is `left`.
public enum LeaveReason: UInt8, Sendable, Hashable, BitwiseCopyable, CaseIterable {
  /// It said goodbye.
  case left = 0
  /// An operator removed it.
  case evicted = 1
  /// A newer process took its name.
  case superseded = 2
  /// Another, more senior living process has its name.
  case nameConflict = 3

  /// As API, CLI and logs show it.
  public var name: String {
    switch self {
    case .left: "left"
    case .evicted: "evicted"
    case .superseded: "superseded"
    case .nameConflict: "nameConflict"
    }
  }
}

/// What a member may do.
public enum MemberRole: UInt8, Sendable, Hashable, BitwiseCopyable, CaseIterable {
  case member = 0
  /// Takes part in all of detection; never coordinates, votes or owns.
  case observer = 1
}

/// The versions of the protocol that a node speaks, both ends included.
public struct WireVersionRange: Hashable, Sendable, BitwiseCopyable {
  public let lowest: UInt8
  public let highest: UInt8

  package init(lowest: UInt8, highest: UInt8) {
    self.lowest = lowest
    self.highest = highest
  }

  /// What this build speaks.
  package static let current = WireVersionRange(lowest: 1, highest: 1)

  /// The highest version that both speak; nil when there is none.
  package func common(with other: WireVersionRange) -> UInt8? {
    let candidate = min(highest, other.highest)
    return candidate >= max(lowest, other.lowest) ? candidate : nil
  }
}

extension Member {
  /// The public face of a record.
  ///
  /// - Parameter incarnation: that the status speaks of, when it is not the record's own.
  package init(
    _ record: Record, incarnation: UInt64? = nil, status: MemberStatus = .alive, leaveReason: LeaveReason? = nil
  ) {
    id = record.id
    name = record.name
    endpoint = record.endpoint
    self.status = status
    self.incarnation = incarnation ?? record.incarnation
    seniority = record.seniority
    role = record.role
    tags = record.tags
    metadataVersion = record.metadata?.version ?? 0
    self.leaveReason = leaveReason
    versions = record.versions
    supersedes = record.supersedes
    salt = record.salt
  }
}
