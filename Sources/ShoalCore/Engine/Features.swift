/// The ideas of this protocol that can be switched off one by one, so that a simulation can show what each is worth.
///
/// All are on in `.lan`, `.wan` and `.local`; all are off in `.classic`. Nodes with different features understand each other.
public struct Features: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  // MARK: Failure detection

  /// One shared permutation per period decides who probes whom, so that each member is probed exactly once in each.
  public static let alignedProbing = Features(rawValue: 1 << 0)
  /// Timeouts follow the measured round trip (Jacobson/Karels); a silent target is pinged again before helpers are asked.
  public static let adaptiveTimeout = Features(rawValue: 1 << 1)
  /// A silent target is also probed over TCP.
  public static let streamPing = Features(rawValue: 1 << 2)
  /// A helper that tried and heard nothing counts as a confirmation of the suspicion.
  public static let nackWitnesses = Features(rawValue: 1 << 3)
  /// Suspicion windows of seconds that do not grow with the cluster.
  public static let shortWindow = Features(rawValue: 1 << 4)
  /// A suspicion is kept private, and its subject probed again, until shortly before its deadline.
  public static let privatePhase = Features(rawValue: 1 << 5)
  /// Nobody is declared dead without a last probe that failed with a witness.
  public static let jury = Features(rawValue: 1 << 6)
  /// A node that was itself stalled voids its own accusations.
  public static let stallGuard = Features(rawValue: 1 << 7)
  /// A node that hears nobody accuses nobody for a long while.
  public static let isolation = Features(rawValue: 1 << 8)
  /// Accusations and verdicts per node are limited, and members that flap are damped.
  public static let accusationBudget = Features(rawValue: 1 << 9)

  /// A connection that is refused (the process is gone), or accepted and silent (it is paused), is evidence of its own.
  public static let streamEvidence = Features(rawValue: 1 << 10)

  // MARK: Gossip

  /// Fresh updates go down an acknowledged tree over the hash ring: about one transmission per member.
  public static let rangeTree = Features(rawValue: 1 << 16)
  /// Peers that differ compare a digest of buckets and exchange only what differs, instead of whole tables.
  public static let digestRepair = Features(rawValue: 1 << 17)
  /// A busy seed sends joiners on to recently joined members.
  public static let joinRedirect = Features(rawValue: 1 << 18)
  /// Whoever admits announces newcomers in batches.
  public static let batchedAnnouncements = Features(rawValue: 1 << 19)
  /// Hearsay about unknown or long-dead members is verified with its subject first.
  public static let hearsayVerification = Features(rawValue: 1 << 20)

  /// Metadata is pulled from whoever told of it or any other holder; the owner is asked when that fails.
  public static let metadataFromHolders = Features(rawValue: 1 << 21)

  /// Every feature under the name that the command line takes, in the order of their bits.
  public static let named: [(name: String, feature: Features)] = [
    ("aligned-probing", .alignedProbing), ("adaptive-timeout", .adaptiveTimeout), ("stream-ping", .streamPing),
    ("stream-evidence", .streamEvidence),
    ("nack-witnesses", .nackWitnesses), ("short-window", .shortWindow), ("private-phase", .privatePhase),
    ("jury", .jury), ("stall-guard", .stallGuard), ("isolation", .isolation),
    ("accusation-budget", .accusationBudget), ("range-tree", .rangeTree), ("digest-repair", .digestRepair),
    ("join-redirect", .joinRedirect), ("batched-announcements", .batchedAnnouncements),
    ("hearsay-verification", .hearsayVerification), ("metadata-from-holders", .metadataFromHolders),
  ]

  public static let all: Features = named.reduce(into: []) { $0.formUnion($1.feature) }
}
