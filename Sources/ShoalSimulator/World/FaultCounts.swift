/// What really happened to a world, so that a campaign can show that it was not idle.
public struct FaultCounts: Sendable, Hashable {
  public var joins = 0
  public var crashes = 0
  public var powerCuts = 0
  public var restarts = 0
  public var moves = 0
  public var upgrades = 0
  public var massJoins = 0
  public var massLeaves = 0
  public var pauses = 0
  public var freezes = 0
  public var blocks = 0
  public var starvations = 0
  public var smallBuffers = 0
  public var slowdowns = 0
  public var clockRates = 0
  public var wallJumps = 0
  public var stalls = 0
  public var leaves = 0
  public var updates = 0
  public var drains = 0
  public var undrains = 0
  public var abdications = 0
  /// New reigns that were asked for.
  public var elections = 0
  public var evictions = 0
  /// Evicted processes that learned it, and stopped.
  public var evictionsHeard = 0
  public var metadataChanges = 0
  /// Versions of metadata that have come to others.
  public var metadataLearned = 0
  public var keyRotations = 0
  public var rotationsInSplits = 0
  public var splits = 0
  public var cuts = 0
  public var flaps = 0
  /// Every fault that was on links, splits and cuts among them.
  public var linkFaults = 0
  public var packetsLost = 0
  /// More than a receive buffer holds.
  public var packetsOverflowed = 0
  public var packetsCut = 0
  public var packetsDuplicated = 0
  public var packetsLate = 0
  public var packetsCorrupted = 0
  public var packetsTruncated = 0
  public var packetsTooLong = 0
  public var packetsReplayed = 0
  /// With parts that this version does not know.
  public var laterDatagrams = 0
  public var packetsForged = 0
  /// What the sealing layer did not take: tampered with, replayed, or not for this process.
  public var packetsRefused = 0
  public var packetsToNobody = 0
  public var challenges = 0
  public var streamsBroken = 0
  public var streamsReset = 0
  public var segmentsRetried = 0
  public var segmentsSwallowed = 0
  public var connectsRetried = 0
  public var dialsAccepted = 0
  public var dialsFailed = 0
  public var handshakesFailed = 0
  public var suspicions = 0
  public var recoveries = 0
  public var deaths = 0
  /// Deaths of members that were running and not paused.
  public var falseDeaths = 0
  /// Deaths of members with which nothing was wrong, on links with which nothing was wrong but even loss.
  public var healthyDeaths = 0
  public var reaps = 0
  public var reigns = 0
  /// Reigns that began because two had met after a split.
  public var reignsMerged = 0
  /// Reigns that a majority of the seats has granted.
  public var reignsByQuorum = 0
  /// Reigns that began because the one before was drained, because it abdicated, and because an operator wanted a new one.
  public var reignsDrained = 0
  public var reignsAbdicated = 0
  public var reignsForced = 0
  public var messagesSent = 0
  public var messagesReceived = 0
  public var messagesDelivered = 0
  public var messagesNotDelivered = 0
  /// Messages whose senders could not be told whether they arrived.
  public var messagesUnknown = 0
  public var sessionsBroken = 0
  /// Connections for messages that were closed because both sides had dialled.
  public var channelsCrossed = 0
  public var publications = 0
  public var publicationsReceived = 0
  /// Members that a publication reached by another way than was meant.
  public var publicationsRerouted = 0
  /// Publications of totally ordered topics that members got in their place.
  public var publicationsOrdered = 0
  /// How often a member went on with its order under another coordinator.
  public var ordersHandedOver = 0
  /// How often a member has lost its place in total order.
  public var ordersBroken = 0

  public init() {}

  // Key paths into a struct of integers hold nothing that could be shared.
  private typealias Field = WritableKeyPath<FaultCounts, Int> & Sendable

  private static let fields: [(name: String, field: any Field)] = [
    ("joins", \.joins),
    ("crashes", \.crashes),
    ("power cuts", \.powerCuts),
    ("restarts", \.restarts),
    ("restarts on another machine", \.moves),
    ("processes of another build", \.upgrades),
    ("joins of five or more at once", \.massJoins),
    ("leaves of five or more at once", \.massLeaves),
    ("pauses", \.pauses),
    ("freezes", \.freezes),
    ("blocked inputs and outputs", \.blocks),
    ("starvations", \.starvations),
    ("small receive buffers", \.smallBuffers),
    ("slowdowns", \.slowdowns),
    ("clocks set to another rate", \.clockRates),
    ("jumps of wall clocks", \.wallJumps),
    ("stalls told to an engine", \.stalls),
    ("leaves", \.leaves),
    ("record updates", \.updates),
    ("drains", \.drains),
    ("drains taken back", \.undrains),
    ("abdications", \.abdications),
    ("new reigns asked for", \.elections),
    ("evictions", \.evictions),
    ("evicted processes that stopped", \.evictionsHeard),
    ("changes of metadata", \.metadataChanges),
    ("metadata pulled", \.metadataLearned),
    ("key rotations", \.keyRotations),
    ("key rotations during splits, cuts and flaps", \.rotationsInSplits),
    ("splits", \.splits),
    ("cuts", \.cuts),
    ("flapping links", \.flaps),
    ("faults of links", \.linkFaults),
    ("packets lost", \.packetsLost),
    ("packets over a full receive buffer", \.packetsOverflowed),
    ("packets cut off", \.packetsCut),
    ("packets duplicated", \.packetsDuplicated),
    ("packets made late", \.packetsLate),
    ("packets corrupted", \.packetsCorrupted),
    ("packets truncated", \.packetsTruncated),
    ("packets too long for the path", \.packetsTooLong),
    ("packets replayed", \.packetsReplayed),
    ("packets of a later version", \.laterDatagrams),
    ("packets forged", \.packetsForged),
    ("packets refused by the seal", \.packetsRefused),
    ("packets to nobody", \.packetsToNobody),
    ("challenges and echoes", \.challenges),
    ("streams broken", \.streamsBroken),
    ("streams reset", \.streamsReset),
    ("segments sent again", \.segmentsRetried),
    ("segments swallowed", \.segmentsSwallowed),
    ("connects retried", \.connectsRetried),
    ("dials accepted", \.dialsAccepted),
    ("dials failed", \.dialsFailed),
    ("handshakes failed", \.handshakesFailed),
    ("suspicions seen", \.suspicions),
    ("recoveries seen", \.recoveries),
    ("deaths seen", \.deaths),
    ("deaths of running members seen", \.falseDeaths),
    ("deaths of healthy, reachable members seen", \.healthyDeaths),
    ("tombstones reaped", \.reaps),
    ("reigns", \.reigns),
    ("reigns after two had met", \.reignsMerged),
    ("reigns by quorum", \.reignsByQuorum),
    ("reigns after a drain", \.reignsDrained),
    ("reigns after an abdication", \.reignsAbdicated),
    ("reigns that were forced", \.reignsForced),
    ("messages sent", \.messagesSent),
    ("messages received", \.messagesReceived),
    ("messages reported as delivered", \.messagesDelivered),
    ("messages reported as not delivered", \.messagesNotDelivered),
    ("messages reported as unknown", \.messagesUnknown),
    ("sessions broken", \.sessionsBroken),
    ("connections for messages that crossed", \.channelsCrossed),
    ("publications", \.publications),
    ("publications received", \.publicationsReceived),
    ("members that publications reached another way", \.publicationsRerouted),
    ("publications received in total order", \.publicationsOrdered),
    ("members that went on with their order under another coordinator", \.ordersHandedOver),
    ("places in total order lost", \.ordersBroken),
  ]

  /// Each count under the name that reports show.
  public var all: [(name: String, count: Int)] { Self.fields.map { ($0.name, self[keyPath: $0.field]) } }

  /// What may stay zero in a campaign that is not idle: nobody orders it.
  private static let unordered: Set<String> = [
    "deaths of running members seen", "deaths of healthy, reachable members seen", "handshakes failed",
  ]

  /// Below so many scenarios a rare fault may rightly not have come up.
  public static let telling = 200

  /// What never happened in a campaign, although it should have: a campaign that is vacuous in this way shows nothing about it. Empty
  /// for campaigns of fewer than `telling` scenarios.
  public func missing(in scenarios: Int) -> [String] {
    guard scenarios >= Self.telling else { return [] }
    // Each kind of fault is allowed in half of the scenarios, so each should come up many times.
    let least = scenarios / 100
    return all.filter { $0.count < least && !Self.unordered.contains($0.name) }.map(\.name)
  }

  public static func + (left: FaultCounts, right: FaultCounts) -> FaultCounts {
    var sum = left
    for (_, field) in fields { sum[keyPath: field] += right[keyPath: field] }
    return sum
  }
}
