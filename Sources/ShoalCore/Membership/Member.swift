/// What everybody knows about one process: written only by its owner, apart from `status`.
///
/// A value of a few words: what the owner has written is shared with all who hold the same version of it.
public struct Member: Sendable {
  package let record: Record
  public package(set) var status: MemberStatus
  /// The owner's version of this record; raised by the owner alone.
  public let incarnation: UInt64
  /// Why the member left; nil unless `status` is `.left`.
  public let leaveReason: LeaveReason?

  /// - Parameter incarnation: that the status speaks of, when it is not the record's own.
  package init(
    _ record: Record, incarnation: UInt64? = nil, status: MemberStatus = .alive, leaveReason: LeaveReason? = nil
  ) {
    self.record = record
    self.incarnation = incarnation ?? record.incarnation
    self.status = status
    self.leaveReason = leaveReason
  }
}

extension Member {
  public var id: NodeID { record.id }
  /// Unique in a cluster, stable over restarts. 1 to 64 bytes of UTF-8.
  public var name: String { record.name }
  public var endpoint: Endpoint { record.endpoint }
  /// A Lamport counter given at admission: the lower, the longer in the cluster. Ties are broken by `id`.
  public var seniority: UInt64 { record.seniority }
  public var role: MemberRole { record.role }
  /// What keeps it from coordinating, its role aside.
  public var flags: MemberFlags { record.flags }
  /// Whether it may coordinate: its role is `member`, and no flag keeps it from it.
  public var isEligible: Bool { CoordinatorCandidate.isEligible(record) }
  /// At most 512 bytes in all, names and values together.
  public var tags: [String: String] { record.tags }
  /// The version of its metadata: 0 while it never had any, then raised with each change. The bytes are pulled, and may come later.
  public var metadataVersion: UInt64 { record.metadata?.version ?? 0 }
  /// The protocol versions it speaks.
  public var versions: WireVersionRange { record.versions }
  /// The predecessor under the same name that this process replaces.
  package var supersedes: NodeID? { record.supersedes }
  /// The random part of its datagrams' nonces.
  package var salt: UInt64 { record.salt }
}

extension Member: Hashable {
  public static func == (left: Member, right: Member) -> Bool {
    left.status == right.status && left.incarnation == right.incarnation && left.leaveReason == right.leaveReason
      && left.record.hasWords(of: right.record)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(incarnation)
    hasher.combine(status)
  }
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
