/// How one engine behaves. Every duration is configuration only; the engine converts it once.
public struct CoreConfiguration: Sendable, Hashable {
  /// Timing of probes and suspicion.
  public var detection = FailureDetectionConfiguration()
  /// How updates travel.
  public var gossip = GossipConfiguration()
  /// How nodes enter and how views are repaired.
  public var membership = MembershipConfiguration()
  /// How messages travel between nodes.
  public var messaging = MessagingConfiguration()
  /// Who coordinates.
  public var coordination = CoordinationConfiguration()
  /// Which of the protocol's ideas are on. Default all.
  public var features = Features.all

  public init() {}

  /// All processes on one machine: probes four times a second, short windows.
  public static var local: CoreConfiguration {
    var configuration = CoreConfiguration()
    configuration.detection.probeInterval = .milliseconds(250)
    configuration.detection.probeTimeout = .milliseconds(100)
    configuration.detection.toleratedFreeze = .milliseconds(500)
    configuration.detection.toleratedPause = .seconds(5)
    configuration.detection.suspicionMultiplier = 3
    return configuration
  }

  /// One data centre. The default.
  public static var lan: CoreConfiguration { CoreConfiguration() }

  /// memberlist's LAN defaults, none of the features and no coordinator: the yardstick in every comparison.
  public static var classic: CoreConfiguration {
    var configuration = CoreConfiguration()
    configuration.features = []
    configuration.coordination.isEnabled = false
    return configuration
  }

  /// Between data centres: slower probes, more patience.
  public static var wan: CoreConfiguration {
    var configuration = CoreConfiguration()
    configuration.detection.probeInterval = .seconds(2)
    configuration.detection.probeTimeout = .seconds(1)
    configuration.detection.toleratedFreeze = .seconds(4)
    configuration.detection.toleratedPause = .seconds(20)
    configuration.detection.suspicionMultiplier = 6
    configuration.gossip.interval = .milliseconds(500)
    return configuration
  }

  /// Throws the first setting that cannot work, with its value and the rule.
  public func validate() throws(ConfigurationError) {
    try detection.validate()
    try gossip.validate()
    try membership.validate()
    try messaging.validate()
    try coordination.validate()
  }
}

/// SWIM probing with Lifeguard's local health.
public struct FailureDetectionConfiguration: Sendable, Hashable {
  /// One member is probed per interval. Default 1 s, at least 10 ms. Lower finds deaths sooner and sends more.
  public var probeInterval: Duration = .seconds(1)
  /// How long a ping waits for its ack before helpers are asked. Default 500 ms; must be below `probeInterval`.
  public var probeTimeout: Duration = .milliseconds(500)
  /// How many helpers probe indirectly. Default 3, range 0 to 16.
  public var indirectProbeCount: Int = 3
  /// How long a member may be silent (a frozen machine, a broken link) and still survive. Default 2 s, 100 ms to 1 min.
  ///
  /// The shortest window of a suspicion; three times as long while nobody confirms it. Raising it delays every death by as
  /// much. With the feature `.shortWindow`; else the two multipliers below decide.
  public var toleratedFreeze: Duration = .seconds(2)
  /// How long a process may be paused (SIGSTOP, a collector, a debugger) while its kernel still accepts connections. Default
  /// 10 s, not below `toleratedFreeze`, at most 10 min.
  public var toleratedPause: Duration = .seconds(10)
  /// How long a node that was cut off alone, or that keeps coming and going, must have heard others without a gap before it
  /// returns from the dead; doubles with each return, up to 5 min. Default 25 s, 0 to 5 min. A first return after a stall or a
  /// split is immediate.
  public var returnProof: Duration = .seconds(25)
  /// How long a node that hears nobody at all accuses nobody. Default 30 s, 1 s to 1 h. Then it takes all others for dead.
  public var isolationPatience: Duration = .seconds(30)
  /// Without `.shortWindow`: the shortest suspicion is this × max(1, log10 N) × `probeInterval`. Default 4, range 1 to 100.
  public var suspicionMultiplier: Int = 4
  /// Without `.shortWindow`: the longest suspicion is this × the shortest. Default 6, range 1 to 100.
  public var suspicionMaxTimeoutMultiplier: Int = 6
  /// Lifeguard's awareness score stops at this. Default 8, range 0 to 32; 0 switches local health off.
  public var localHealthLimit: Int = 8

  public init() {}

  func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      probeInterval >= .milliseconds(10) && probeInterval <= .seconds(3_600), "detection.probeInterval", probeInterval,
      "10 ms to 1 h")
    try ConfigurationError.require(
      probeTimeout > .zero && probeTimeout < probeInterval, "detection.probeTimeout", probeTimeout,
      "above zero and below probeInterval (\(probeInterval))")
    try ConfigurationError.require(
      (0...16).contains(indirectProbeCount), "detection.indirectProbeCount", indirectProbeCount, "0 to 16")
    try ConfigurationError.require(
      toleratedFreeze >= .milliseconds(100) && toleratedFreeze <= .seconds(60), "detection.toleratedFreeze",
      toleratedFreeze, "100 ms to 1 min")
    try ConfigurationError.require(
      toleratedPause >= toleratedFreeze && toleratedPause <= .seconds(600), "detection.toleratedPause", toleratedPause,
      "not below toleratedFreeze (\(toleratedFreeze)) and at most 10 min")
    try ConfigurationError.require(
      returnProof >= .zero && returnProof <= .seconds(300), "detection.returnProof", returnProof, "0 to 5 min")
    try ConfigurationError.require(
      isolationPatience >= .seconds(1) && isolationPatience <= .seconds(3_600), "detection.isolationPatience",
      isolationPatience, "1 s to 1 h")
    try ConfigurationError.require(
      (1...100).contains(suspicionMultiplier), "detection.suspicionMultiplier", suspicionMultiplier, "1 to 100")
    try ConfigurationError.require(
      (1...100).contains(suspicionMaxTimeoutMultiplier), "detection.suspicionMaxTimeoutMultiplier",
      suspicionMaxTimeoutMultiplier, "1 to 100")
    try ConfigurationError.require(
      (0...32).contains(localHealthLimit), "detection.localHealthLimit", localHealthLimit, "0 to 32")
  }
}

/// Piggybacked and periodic gossip.
public struct GossipConfiguration: Sendable, Hashable {
  /// Fresh updates are also sent by themselves, once per interval, while there are any. Default 200 ms, at least 10 ms.
  public var interval: Duration = .milliseconds(200)
  /// To how many random members per interval. Default 3, range 0 to 16; 0 leaves piggybacking alone.
  public var fanout: Int = 3
  /// An update is sent this × ⌈log10(N + 1)⌉ times by each node. Default 4, range 1 to 100.
  public var retransmitMultiplier: Int = 4
  /// The longest datagram before sealing, in bytes. Default 1,300, range 1,100 to 4,000: the largest
  /// update must fit, and the path's MTU less 73 must not be exceeded.
  public var datagramBytes: Int = 1_300

  public init() {}

  func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      interval >= .milliseconds(10) && interval <= .seconds(3_600), "gossip.interval", interval, "10 ms to 1 h")
    try ConfigurationError.require((0...16).contains(fanout), "gossip.fanout", fanout, "0 to 16")
    try ConfigurationError.require(
      (1...100).contains(retransmitMultiplier), "gossip.retransmitMultiplier", retransmitMultiplier, "1 to 100")
    try ConfigurationError.require(
      (1_100...4_000).contains(datagramBytes), "gossip.datagramBytes", datagramBytes, "1,100 to 4,000")
  }
}

/// Joining, repair and tombstones.
public struct MembershipConfiguration: Sendable, Hashable {
  /// How long one attempt to join may take, from dial to last page. Default 5 s, at least 100 ms.
  public var joinTimeout: Duration = .seconds(5)
  /// The wait after a failed attempt to join; doubles up to `joinRetryLimit`, with jitter. Default 500 ms, at least 10 ms.
  public var joinRetryInterval: Duration = .milliseconds(500)
  /// The longest wait between attempts to join or to reach a lost seed. Default 30 s, not below `joinRetryInterval`.
  public var joinRetryLimit: Duration = .seconds(30)
  /// Peers whose fingerprints differ repair once both have been unchanged for this long. Default 300 ms.
  public var repairQuietTime: Duration = .milliseconds(300)
  /// Peers whose fingerprints have differed for this long repair even while busy. Default 2 s. While newcomers arrive at more than 1,000
  /// members, it is 2 ms for each member, at most 10 s.
  public var repairPatience: Duration = .seconds(2)
  /// How long a dead or left member is remembered. Default 24 h, at least 1 s.
  public var tombstoneLifetime: Duration = .seconds(86_400)
  /// At most so many tombstones are kept; the oldest goes first. Default 16,384, range 16 to 1,048,576.
  public var tombstoneLimit: Int = 16_384
  /// At most so many living members are believed; further ones are refused and counted. Default 65,536, range 2 to 1,048,576.
  public var memberLimit: Int = 65_536
  /// At most so many bytes of others' metadata are held, those being pulled included; beyond, the dead are forgotten first, then
  /// further metadata is not pulled, counted, and tried again every 30 s. Default 64 MiB, range 64 KiB to 4 GiB.
  public var metadataByteLimit: Int = 67_108_864

  public init() {}

  func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      joinTimeout >= .milliseconds(100) && joinTimeout <= .seconds(3_600), "membership.joinTimeout", joinTimeout,
      "100 ms to 1 h")
    try ConfigurationError.require(
      joinRetryInterval >= .milliseconds(10), "membership.joinRetryInterval", joinRetryInterval, "at least 10 ms")
    try ConfigurationError.require(
      joinRetryLimit >= joinRetryInterval && joinRetryLimit <= .seconds(86_400), "membership.joinRetryLimit",
      joinRetryLimit, "not below joinRetryInterval (\(joinRetryInterval)), and at most a day")
    try ConfigurationError.require(
      repairQuietTime >= .zero, "membership.repairQuietTime", repairQuietTime, "not negative")
    try ConfigurationError.require(
      repairPatience >= repairQuietTime, "membership.repairPatience", repairPatience,
      "not below repairQuietTime (\(repairQuietTime))")
    try ConfigurationError.require(
      tombstoneLifetime >= .seconds(1), "membership.tombstoneLifetime", tombstoneLifetime, "at least 1 s")
    try ConfigurationError.require(
      (16...1_048_576).contains(tombstoneLimit), "membership.tombstoneLimit", tombstoneLimit, "16 to 1,048,576")
    try ConfigurationError.require(
      (2...1_048_576).contains(memberLimit), "membership.memberLimit", memberLimit, "2 to 1,048,576")
    try ConfigurationError.require(
      (65_536...4_294_967_296).contains(metadataByteLimit), "membership.metadataByteLimit", metadataByteLimit,
      "65,536 to 4,294,967,296")
  }
}

/// A setting that cannot work: which one, its value, and the rule it breaks.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let field: String
  public let value: String
  public let rule: String

  public init(field: String, value: String, rule: String) {
    self.field = field
    self.value = value
    self.rule = rule
  }

  public var description: String { "\(field) is \(value), but must be \(rule)" }

  static func require(
    _ holds: Bool, _ field: String, _ value: some Any, _ rule: String
  ) throws(ConfigurationError) {
    if !holds { throw ConfigurationError(field: field, value: "\(value)", rule: rule) }
  }
}
