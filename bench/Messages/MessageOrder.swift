/// What a worker's node is told to do with messages.
enum MessageOrder: Codable, Sendable {
  /// Checks from now on what comes, flow by flow.
  case check
  /// Tells what has come.
  case tell
  /// Sends so many numbered messages as fast as they are taken, cuts its own connections now and then, and waits until the peer has all.
  case send(to: String, count: Int, bytes: Int, cutInterval: Double)
  /// Broadcasts so many, one after the other, and cuts its own connections too.
  case broadcast(count: Int, bytes: Int, cutInterval: Double)
  /// Notes the number of each message in a file as its handler begins, so that it outlives the process.
  case noteArrivals(file: String)
  /// Sends messages and requests from many tasks until the peer is gone, and tells what became of each.
  case sendUntilGone(to: String)
}

/// What a worker's node has to tell about messages.
enum MessageFact: Codable, Sendable {
  case nothing
  case arrived([Flow])
  case sent(Sent)
  case outcomes(Outcomes)

  /// What has come from one sender under one name.
  struct Flow: Codable, Sendable {
    let sender: String
    let name: String
    var count = 0
    /// The first that was not the one after its predecessor, or was changed.
    var flaw: String?
  }

  struct Sent: Codable, Sendable {
    var cuts = 0
    /// Broadcasts whose receipt named somebody who has not acknowledged.
    var incomplete = 0
    /// What the node's counters say of messages that were not delivered.
    var lost: UInt64 = 0
    var seconds = 0.0
  }

  /// Numbers of messages by what became of them.
  struct Outcomes: Codable, Sendable {
    var issued = 0
    /// Requests whose reply came.
    var answered: [UInt64] = []
    /// Messages that the peer's process has taken in.
    var delivered: [UInt64] = []
    /// Refused, or reported as never to arrive.
    var notDelivered: [UInt64] = []
    var unknown: [UInt64] = []
    /// Errors that should not have come.
    var unexpected: [String] = []
    /// By the node's counters: accepted less those that got an outcome.
    var withoutOutcome: Int64 = 0
  }
}
