/// Who of the members that may coordinate does so: a pure function of the view, so that equal views name the same one.
///
/// A policy is a strict order of candidates, and the coordinator is the first in it. Whoever is not first can come and go without
/// moving it. All nodes of a cluster need the same policy: it is part of the fingerprint of coordination, so that nodes with
/// different ones never confirm each other's claims.
public enum CoordinatorPolicy: Sendable, Hashable {
  /// Who has been a member for longest: lowest seniority, then lowest NodeID. The default: joins never move the coordinator.
  case oldest
  /// The highest NodeID, as in what the bully algorithm ends in. A newcomer may take over.
  case highestID
  /// The lowest NodeID. A newcomer may take over.
  case lowestID
  /// The highest weight of key and NodeID (Thaler and Ravishankar 1998): spreads several clusters' or tasks' coordinators over nodes. The
  /// key has 1 to 256 bytes of UTF-8.
  case rendezvous(key: String)
  /// An order of your own.
  case custom(CustomCoordinatorPolicy)

  /// Its name and version, as nodes compare them: `oldest`, `rendezvous orders`, `custom by-zone 2`.
  public var name: String {
    switch self {
    case .oldest: "oldest"
    case .highestID: "highestID"
    case .lowestID: "lowestID"
    case .rendezvous(let key): "rendezvous \(key)"
    case .custom(let policy): "custom \(policy.order.name) \(policy.order.version)"
    }
  }

  /// Who coordinates among these; nil when there is nobody. The order in which they come makes no difference. O(candidates).
  public func coordinator(among candidates: some Sequence<CoordinatorCandidate>) -> NodeID? {
    let ranking = CoordinatorRanking(self)
    return candidates.min { ranking.precedes($0, $1) }?.id
  }

  func validate() throws(ConfigurationError) {
    switch self {
    case .oldest, .highestID, .lowestID: break
    case .rendezvous(let key):
      try ConfigurationError.require(
        (1...256).contains(key.utf8.count), "coordination.policy.key", "\(key.utf8.count) bytes", "1 to 256 bytes")
    case .custom(let policy):
      try ConfigurationError.require(
        (1...64).contains(policy.order.name.utf8.count), "coordination.policy.name",
        "\"\(policy.order.name)\" (\(policy.order.name.utf8.count) bytes)", "1 to 64 bytes")
    }
  }
}

/// An order of candidates of your own.
///
/// The contract: `precedes` is **pure** (the same two candidates give the same answer, in every process and at any time; no clock, no
/// randomness, no state) and **total** (of two different candidates exactly one precedes the other, none precedes itself, and who
/// precedes somebody precedes also those behind). It sees only what nodes with equal fingerprints of coordination are sure to agree on.
/// A policy that breaks the contract makes nodes disagree; it cannot make one fail.
public protocol CoordinatorOrder: Sendable {
  /// What it is called: 1 to 64 bytes of UTF-8, the same on all nodes.
  var name: String { get }
  /// Raised with each change of what it does.
  var version: UInt32 { get }
  /// Whether `first` coordinates rather than `second`. Runs when members come and go, on the node's own thread: keep it short.
  func precedes(_ first: CoordinatorCandidate, _ second: CoordinatorCandidate) -> Bool
}

/// A user's own order as a value: the same when name and version are.
public struct CustomCoordinatorPolicy: Sendable, Hashable {
  let order: any CoordinatorOrder

  public init(_ order: some CoordinatorOrder) { self.order = order }

  public static func == (left: Self, right: Self) -> Bool {
    left.order.name == right.order.name && left.order.version == right.order.version
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(order.name)
    hasher.combine(order.version)
  }
}

/// A member that may coordinate, as far as a policy may know it: what never changes while its process lives.
public struct CoordinatorCandidate: Sendable {
  private let record: Record

  package init(_ record: Record) { self.record = record }

  public var id: NodeID { record.id }
  /// The lower, the longer in the cluster.
  public var seniority: UInt64 { record.seniority }
  public var name: String { record.name }

  /// Whether a member may coordinate at all: an observer never does, nor one that is excluded, drained, or has abdicated.
  package static func isEligible(_ record: Record) -> Bool {
    record.role == .member && record.flags.isDisjoint(with: .excluding)
  }
}

/// A policy made ready for use: nothing is hashed or allocated for a comparison.
struct CoordinatorRanking: Sendable {
  let policy: CoordinatorPolicy
  /// Two nodes have the same one exactly when they have the same policy in the same version.
  let fingerprint: UInt64
  private let keyHash: UInt64

  init(_ policy: CoordinatorPolicy) {
    self.policy = policy
    fingerprint = StableHash.hash(of: policy.name)
    if case .rendezvous(let key) = policy { keyHash = StableHash.hash(of: key) } else { keyHash = 0 }
  }

  func precedes(_ first: CoordinatorCandidate, _ second: CoordinatorCandidate) -> Bool {
    switch policy {
    case .oldest: (first.seniority, first.id) < (second.seniority, second.id)
    case .highestID: first.id > second.id
    case .lowestID: first.id < second.id
    case .rendezvous: (weight(of: first.id), first.id) > (weight(of: second.id), second.id)
    case .custom(let policy): policy.order.precedes(first, second)
    }
  }

  private func weight(of id: NodeID) -> UInt64 {
    StableHash.combine(StableHash.combine(keyHash, id.high), id.low)
  }
}
