/// What two processes have to do with each other, over any number of connections one after the other.
///
/// A session is bound to the identity of the peer. It ends when the peer is held dead or gone here, or when the peer tells of a higher
/// generation; the next one begins from 0. One connection at a time carries it.
///
/// A class, for it is large and looked at several times for each message: each look at a value would copy it whole. Only its messenger
/// holds it.
final class Session {
  let peer: NodeID
  /// Rises with each end.
  var generation: UInt64
  /// Whether a connection has been agreed on in this generation, so that something may have been exchanged.
  var isEstablished = false
  /// Whether the peer is held dead or gone here.
  var isGone = false
  /// Whether the peer is a client: it dials, and decides how long a connection is kept.
  var isWithClient = false
  /// Since when a client has had no connection.
  var absentSince: Instant?
  /// The peer has to be told of this generation, though nothing else waits.
  var owesGreeting = false

  var sending = Lanes { SendLane($0) }
  var receiving = Lanes { _ in ReceiveLane() }
  /// Whose turn it is to send.
  var turn = MessageLane.messages
  var isMidTurn = false
  /// Held back by a planted bug.
  var neighbour: MessengerEvent?

  var connection: Connection?
  /// A dial was asked for and neither opened nor failed yet.
  var isDialling = false
  /// A connection from the peer that waits until our own dial, which goes first, has failed.
  var standby: (stream: StreamID, hello: ChannelHello)?
  /// Counts the connections that both have agreed on.
  var connections: UInt64 = 0
  /// Dials since one led to anything.
  var attempts: UInt64 = 0
  var redialAt: Instant?

  /// When it is looked at next, as the timers know it.
  var wakeAt: Instant?
  var isDirty = false

  /// One connection, from the moment that its stream is ready.
  struct Connection {
    let stream: StreamID
    /// Whether this node has dialled it.
    let isOurs: Bool
    /// Whether both hellos are through.
    var isOpen = false
    var isWritable = true
    /// When its stream was ready.
    let since: Instant
    var lastHeard: Instant
    /// When a message last went either way.
    var lastUsed: Instant
    var pingedAt: Instant?
    /// The token of the ping that has to be answered.
    var owedPong: UInt64?
    /// When the acknowledgement that is owed must be written at the latest.
    var acknowledgeBy: Instant?
    var acknowledgesNow = false

    init(stream: StreamID, isOurs: Bool, now: Instant) {
      self.stream = stream
      self.isOurs = isOurs
      since = now
      lastHeard = now
      lastUsed = now
    }
  }

  init(peer: NodeID, generation: UInt64) {
    self.peer = peer
    self.generation = generation
  }

  /// Whether a connection is wanted.
  var needsConnection: Bool {
    !isGone && (owesGreeting || MessageLane.allCases.contains { !sending[$0].isEmpty })
  }

  var isUnacknowledged: Bool { MessageLane.allCases.contains { sending[$0].isUnacknowledged } }
  /// What waits of the application's messages. Replies and broadcasts are bounded by those who send them.
  var outboxCost: Int { sending[.messages].cost + sending[.bulk].cost }
  /// Whether anything is under way on the connection, in either direction.
  var isBusy: Bool {
    MessageLane.allCases.contains { !sending[$0].isEmpty || receiving[$0].partial != nil }
  }

  func hello(isAnswer: Bool, share: Int) -> ChannelHello {
    func position(_ lane: MessageLane) -> ChannelHello.Position {
      .init(expected: receiving[lane].expected, window: UInt64(receiving[lane].window(share: share)))
    }
    return ChannelHello(
      isAnswer: isAnswer, generation: generation, connection: connections, messages: position(.messages),
      bulk: position(.bulk), replies: position(.replies), broadcasts: position(.broadcasts))
  }

  /// When something has to be done although nothing happens; nil while there is nothing to wait for.
  func deadline(_ settings: MessagingSettings) -> Instant? {
    guard let connection else {
      return isWithClient ? absenceDeadline(settings) : needsConnection && !isDialling ? redialAt : nil
    }
    guard connection.isOpen else { return connection.since + settings.keepAliveTimeout }
    var first = idleDeadline(connection, settings)
    first = min(first, pingDeadline(connection, settings))
    if let acknowledgeBy = connection.acknowledgeBy, connection.isWritable { first = min(first, acknowledgeBy) }
    return first
  }

  /// Remembers since when a client has been away.
  func noteAbsence(now: Instant) {
    guard isWithClient, connection == nil else {
      absentSince = nil
      return
    }
    if absentSince == nil { absentSince = now }
  }

  /// When a client that is away is taken to be gone.
  func absenceDeadline(_ settings: MessagingSettings) -> Instant? { absentSince.map { $0 + settings.clientTimeout } }

  /// When the peer is pinged, or given up after a ping.
  func pingDeadline(_ connection: Connection, _ settings: MessagingSettings) -> Instant {
    if let pingedAt = connection.pingedAt { return pingedAt + settings.keepAliveTimeout }
    let interval = isUnacknowledged ? settings.keepAliveBusyInterval : settings.keepAliveInterval
    return connection.lastHeard + interval
  }

  /// When the connection is closed because nobody uses it. Whoever has dialled it goes first, so that the two do not cross; with a client
  /// nobody but the client does.
  func idleDeadline(_ connection: Connection, _ settings: MessagingSettings) -> Instant {
    if isBusy || isWithClient { return Instant(nanoseconds: .max) }
    return connection.lastUsed + (connection.isOurs ? 1 : 2) * settings.idleTimeout
  }
}
