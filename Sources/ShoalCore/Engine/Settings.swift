/// The configuration as the engine uses it: spans of time in nanoseconds, converted once.
struct Settings {
  let features: Features
  let probeInterval: Nanoseconds
  let probeTimeout: Nanoseconds
  let indirectProbeCount: Int
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

  /// How often a node looks whether somebody it holds dead has come back.
  let healInterval = Nanoseconds.seconds(5)
  /// To how many members a leaving node says goodbye at once.
  let farewellFanout = 16
  /// How many bytes of updates a page holds before it ends.
  let pageBytes = 32_768
  /// At most so many streams are known to the engine; further inbound ones are closed.
  let streamLimit = 1_024

  init(_ configuration: CoreConfiguration) {
    features = configuration.features
    probeInterval = Nanoseconds(configuration.detection.probeInterval)
    probeTimeout = Nanoseconds(configuration.detection.probeTimeout)
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
  }
}
