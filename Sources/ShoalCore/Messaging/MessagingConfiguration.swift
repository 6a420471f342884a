/// How sessions between nodes behave, and what they may occupy.
public struct MessagingConfiguration: Sendable, Hashable {
  /// The longest message that is sent or taken, in bytes. Default 16 MiB, 1 KiB to 256 MiB. A longer one is refused at the sender; one that
  /// comes all the same ends its connection.
  public var messageLimit = 16 << 20
  /// What may wait for one peer, sent or not, until it is acknowledged, in bytes. Default 8 MiB, 64 KiB to 1 GiB. Beyond it senders wait
  /// or fail, as they choose; a longer message is taken when nothing else waits.
  public var outboxLimit = 8 << 20
  /// The same for all peers together. Default 64 MiB, not below `outboxLimit`.
  public var outboxLimitInAll = 64 << 20
  /// What one lane of one peer may have sent here that the application has not taken yet, in bytes. Default 1 MiB, 64 KiB to 256 MiB.
  /// Beyond it that peer's sending stops. A message that is being put together does not count.
  public var receiveLimit = 1 << 20
  /// The same for all peers together: with many connections each gets an equal share. Default 64 MiB, not below `receiveLimit`.
  public var receiveLimitInAll = 64 << 20
  /// What messages that are being put together may occupy in all, in bytes. Default 64 MiB, at least twice `messageLimit`. Beyond all but
  /// one message's worth, one message at a time goes on.
  public var assemblyLimit = 64 << 20
  /// To how many members a node sends one publication itself; in larger clusters those hand it on. Default 32, 2 to 256.
  public var broadcastFanOut = 32
  /// After so long without a word, whom a relay was to serve is served another way. Default 2 s, 100 ms to 1 min.
  public var relayPatience: Duration = .seconds(2)
  /// What publications that came early may occupy until those before them are here, in bytes. Default 16 MiB, 64 KiB to 1 GiB. Beyond it
  /// those before them are given up, and told as missed.
  public var reorderLimit = 16 << 20
  /// What a node holds of totally ordered topics until all members have it, in bytes; a coordinator as much again that waits for its place.
  /// Default 16 MiB, 64 KiB to 1 GiB. Beyond it nothing gets a place, and publishers wait.
  public var orderLimit = 16 << 20
  /// A connection without any message is closed after this. Default 1 min, 1 s to 1 day.
  public var idleTimeout: Duration = .seconds(60)
  /// After so long without a word from the peer it is pinged. Default 15 s, 100 ms to 1 h.
  public var keepAliveInterval: Duration = .seconds(15)
  /// The same while something waits to be acknowledged. Default 2 s, 100 ms to 1 h.
  public var keepAliveBusyInterval: Duration = .seconds(2)
  /// A peer that does not answer a ping for so long is taken to be cut off, and dialled anew. Default 5 s, 100 ms to 10 min.
  public var keepAliveTimeout: Duration = .seconds(5)
  /// How long an acknowledgement may wait for others, or for a message to ride with. Default 20 ms, 0 to 1 s.
  public var acknowledgementDelay: Duration = .milliseconds(20)
  /// How long the first wait before dialling again is; each further one is twice as long, up to `redialLimit`, less a random part of up
  /// to half. Default 50 ms, 1 ms to 1 min.
  public var redialInterval: Duration = .milliseconds(50)
  /// Default 5 s, not below `redialInterval`, at most 10 min.
  public var redialLimit: Duration = .seconds(5)
  /// How many clients, processes that are no members, may have sessions with this node at a time. Default 256, 0 to 16,384; 0 takes none.
  /// Further ones are refused, and told why.
  public var clientLimit = 256
  /// How long a session between a client and a member outlives its connection; then what waits ends as `notDelivered` or `unknown`.
  /// Default 10 s, 100 ms to 1 h.
  public var clientTimeout: Duration = .seconds(10)

  public init() {}

  package func validate() throws(ConfigurationError) {
    try ConfigurationError.require(
      (1_024...256 << 20).contains(messageLimit), "messaging.messageLimit", messageLimit, "1 KiB to 256 MiB")
    try ConfigurationError.require(
      (65_536...1 << 30).contains(outboxLimit), "messaging.outboxLimit", outboxLimit, "64 KiB to 1 GiB")
    try ConfigurationError.require(
      outboxLimitInAll >= outboxLimit, "messaging.outboxLimitInAll", outboxLimitInAll,
      "not below outboxLimit (\(outboxLimit))")
    try ConfigurationError.require(
      (65_536...256 << 20).contains(receiveLimit), "messaging.receiveLimit", receiveLimit, "64 KiB to 256 MiB")
    try ConfigurationError.require(
      receiveLimitInAll >= receiveLimit, "messaging.receiveLimitInAll", receiveLimitInAll,
      "not below receiveLimit (\(receiveLimit))")
    try ConfigurationError.require(
      assemblyLimit >= 2 * messageLimit, "messaging.assemblyLimit", assemblyLimit,
      "at least twice messageLimit (\(messageLimit))")
    try ConfigurationError.require(
      (2...256).contains(broadcastFanOut), "messaging.broadcastFanOut", broadcastFanOut, "2 to 256")
    try ConfigurationError.require(
      relayPatience >= .milliseconds(100) && relayPatience <= .seconds(60), "messaging.relayPatience", relayPatience,
      "100 ms to 1 min")
    try ConfigurationError.require(
      (65_536...1 << 30).contains(reorderLimit), "messaging.reorderLimit", reorderLimit, "64 KiB to 1 GiB")
    try ConfigurationError.require(
      (65_536...1 << 30).contains(orderLimit), "messaging.orderLimit", orderLimit, "64 KiB to 1 GiB")
    try ConfigurationError.require(
      idleTimeout >= .seconds(1) && idleTimeout <= .seconds(86_400), "messaging.idleTimeout", idleTimeout,
      "1 s to 1 day")
    for (interval, name) in [
      (keepAliveInterval, "keepAliveInterval"), (keepAliveBusyInterval, "keepAliveBusyInterval"),
    ] {
      try ConfigurationError.require(
        interval >= .milliseconds(100) && interval <= .seconds(3_600), "messaging.\(name)", interval, "100 ms to 1 h")
    }
    try ConfigurationError.require(
      keepAliveTimeout >= .milliseconds(100) && keepAliveTimeout <= .seconds(600), "messaging.keepAliveTimeout",
      keepAliveTimeout, "100 ms to 10 min")
    try ConfigurationError.require(
      acknowledgementDelay >= .zero && acknowledgementDelay <= .seconds(1), "messaging.acknowledgementDelay",
      acknowledgementDelay, "0 to 1 s")
    try ConfigurationError.require(
      redialInterval >= .milliseconds(1) && redialInterval <= .seconds(60), "messaging.redialInterval", redialInterval,
      "1 ms to 1 min")
    try ConfigurationError.require(
      redialLimit >= redialInterval && redialLimit <= .seconds(600), "messaging.redialLimit", redialLimit,
      "not below redialInterval (\(redialInterval)) and at most 10 min")
    try ConfigurationError.require(
      (0...16_384).contains(clientLimit), "messaging.clientLimit", clientLimit, "0 to 16,384")
    try ConfigurationError.require(
      clientTimeout >= .milliseconds(100) && clientTimeout <= .seconds(3_600), "messaging.clientTimeout", clientTimeout,
      "100 ms to 1 h")
  }
}

/// The configuration as the messenger uses it: spans of time in nanoseconds, converted once.
struct MessagingSettings {
  let messageLimit: Int
  let outboxLimit: Int
  let outboxLimitInAll: Int
  let receiveLimit: Int
  let receiveLimitInAll: Int
  let assemblyLimit: Int
  let idleTimeout: Nanoseconds
  let keepAliveInterval: Nanoseconds
  let keepAliveBusyInterval: Nanoseconds
  let keepAliveTimeout: Nanoseconds
  let acknowledgementDelay: Nanoseconds
  let redialInterval: Nanoseconds
  let redialLimit: Nanoseconds
  let clientTimeout: Nanoseconds

  /// How much of a window may have come before it is acknowledged at once.
  static let promptFraction = 4
  static let promptBytes = 65_536
  /// The longest frame that is filled with records.
  static let frameBytes = StreamLimits.frameBytes
  /// So much is written at once before the connection is asked whether it takes more.
  static let burstBytes = 262_144
  /// What a lane may send before the others' turns; one chunk at least.
  static let quantum = 2 * ChunkLimits.largestCost

  init(_ configuration: MessagingConfiguration) {
    messageLimit = configuration.messageLimit
    outboxLimit = configuration.outboxLimit
    outboxLimitInAll = configuration.outboxLimitInAll
    receiveLimit = configuration.receiveLimit
    receiveLimitInAll = configuration.receiveLimitInAll
    assemblyLimit = configuration.assemblyLimit
    idleTimeout = Nanoseconds(configuration.idleTimeout)
    keepAliveInterval = Nanoseconds(configuration.keepAliveInterval)
    keepAliveBusyInterval = Nanoseconds(configuration.keepAliveBusyInterval)
    keepAliveTimeout = Nanoseconds(configuration.keepAliveTimeout)
    acknowledgementDelay = Nanoseconds(configuration.acknowledgementDelay)
    redialInterval = Nanoseconds(configuration.redialInterval)
    redialLimit = Nanoseconds(configuration.redialLimit)
    clientTimeout = Nanoseconds(configuration.clientTimeout)
  }

  /// The longest payload of such a message: publications carry what their application does not see.
  func limit(of kind: MessageKind) -> Int {
    switch kind {
    case .publication, .order: messageLimit + PublicationEnvelope.limit
    case .send, .request, .reply, .failure, .cancellation, .spreadReport, .seriesQuery, .seriesStart: messageLimit
    }
  }

  /// What each lane of each of so many connections may hold.
  func share(connections: Int) -> Int {
    max(
      ChunkLimits.largestCost, min(receiveLimit, receiveLimitInAll / (MessageLane.allCases.count * max(1, connections)))
    )
  }
}
