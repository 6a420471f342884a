/// The configuration as the engine uses it: spans of time in nanoseconds, converted once.
struct Settings {
  let features: Features
  let probeInterval: Nanoseconds
  let probeTimeout: Nanoseconds
  let indirectProbeCount: Int
  /// The shortest window of a suspicion, and the most that a stall of ours moves one.
  let toleratedFreeze: Nanoseconds
  /// The window of a member whose kernel answers while its process does not.
  let toleratedPause: Nanoseconds
  /// How long a node that was cut off must have heard others before it comes back.
  let returnProof: Nanoseconds
  /// How long a node that hears nobody waits before it takes itself for the last one.
  let isolationPatience: Nanoseconds
  let suspicionMultiplier: Int
  let suspicionMaxTimeoutMultiplier: Int
  let gossipInterval: Nanoseconds
  let gossipFanout: Int
  let retransmitMultiplier: Int
  let datagramBytes: Int
  let joinTimeout: Nanoseconds
  let joinRetryInterval: Nanoseconds
  let joinRetryLimit: Nanoseconds
  let tombstoneLifetime: Nanoseconds
  let tombstoneLimit: Int
  let memberLimit: Int
  let metadataByteLimit: Int
  /// How many clients may have sessions here.
  let clientLimit: Int
  /// Whether this node takes part in coordination: an observer follows, too.
  let isCoordinating: Bool
  let ranking: CoordinatorRanking
  /// How long the view must have been unchanged before this node claims to coordinate.
  let coordinationSettleTime: Nanoseconds
  let quorum: Quorum
  /// The seats of configured voters; nil otherwise.
  let voters: SeatList?
  let leaseTime: Nanoseconds
  /// Covers everything that all nodes must derive the coordinator by.
  let coordinationRules: UInt64
  /// Whether what must survive a restart is written down.
  let remembers: Bool

  /// How long the cluster knows of a suspicion before its verdict: time enough for a refutation to go round.
  let publicPhase = Nanoseconds.seconds(1)
  /// A private suspect is looked at again after this, then after half as long again each time.
  let firstRecheck = Nanoseconds.milliseconds(250)
  let longestRecheck = Nanoseconds.seconds(1)
  /// Between two tries of the jury.
  let juryInterval = Nanoseconds.milliseconds(200)
  /// Between the last probes of one witness and the next.
  let juryStagger = Nanoseconds.milliseconds(60)
  /// How much longer than the accuser and its witnesses everybody else waits; up to a third more at random.
  let bystanderPatience = Nanoseconds.milliseconds(1_500)
  /// Without `.digestRepair`: how often a node looks whether somebody it holds dead has come back. With it, see `HealPacing`.
  let healInterval = Nanoseconds.seconds(5)
  /// To how many members a leaving node says goodbye at once.
  let farewellFanout = 16
  /// How many bytes of updates a page holds before it ends.
  let pageBytes = 32_768
  /// At most so many streams are known to the engine; further inbound ones are closed.
  let streamLimit = 1_024

  /// Newcomers and the departed enter and leave the ring of aligned probing when everybody has heard of them.
  var ringDelay: Nanoseconds { 2 * probeInterval }

  init(_ configuration: CoreConfiguration, remembers: Bool) {
    self.remembers = remembers
    features = configuration.features
    probeInterval = Nanoseconds(configuration.detection.probeInterval)
    probeTimeout = Nanoseconds(configuration.detection.probeTimeout)
    toleratedFreeze = Nanoseconds(configuration.detection.toleratedFreeze)
    toleratedPause = Nanoseconds(configuration.detection.toleratedPause)
    returnProof = Nanoseconds(configuration.detection.returnProof)
    isolationPatience = Nanoseconds(configuration.detection.isolationPatience)
    indirectProbeCount = configuration.detection.indirectProbeCount
    suspicionMultiplier = configuration.detection.suspicionMultiplier
    suspicionMaxTimeoutMultiplier = configuration.detection.suspicionMaxTimeoutMultiplier
    gossipInterval = Nanoseconds(configuration.gossip.interval)
    gossipFanout = configuration.gossip.fanout
    retransmitMultiplier = configuration.gossip.retransmitMultiplier
    datagramBytes = configuration.gossip.datagramBytes
    joinTimeout = Nanoseconds(configuration.membership.joinTimeout)
    joinRetryInterval = Nanoseconds(configuration.membership.joinRetryInterval)
    joinRetryLimit = Nanoseconds(configuration.membership.joinRetryLimit)
    tombstoneLifetime = Nanoseconds(configuration.membership.tombstoneLifetime)
    tombstoneLimit = configuration.membership.tombstoneLimit
    memberLimit = configuration.membership.memberLimit
    metadataByteLimit = configuration.membership.metadataByteLimit
    clientLimit = configuration.messaging.clientLimit
    isCoordinating = configuration.coordination.isEnabled
    ranking = CoordinatorRanking(configuration.coordination.policy)
    coordinationSettleTime = Nanoseconds(configuration.coordination.settleTime)
    quorum = configuration.coordination.quorum
    if case .voters(let names) = quorum { voters = SeatList(voters: names) } else { voters = nil }
    leaseTime = Nanoseconds(configuration.coordination.leaseTime)
    coordinationRules =
      quorum == .none
      ? ranking.fingerprint
      : StableHash.combine(StableHash.combine(ranking.fingerprint, quorum.fingerprint), leaseTime)
  }
}
