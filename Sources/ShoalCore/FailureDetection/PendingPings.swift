/// A ping that waits for its ack, apart from probes, and what the ack is good for.
struct PendingPing {
  enum Purpose {
    /// Asked by another node, which waits for our word under its own sequence number.
    case relay(requester: NodeID, sequence: UInt32)
    /// Whether the holder of a name that a newcomer wants still lives.
    case nameHolder(StreamID)
    /// Whether an unknown member of low seniority, known by hearsay, lives.
    case hearsay(Record)
    /// Whether a member that is said to have died lives.
    case accused(Update.Claim, Evidence)
    /// Whether a more senior process with our own name lives.
    case rival
    /// Whether somebody that we hold dead has come back.
    case heal
    /// How long a round trip takes, for whoever asked under this token.
    case measurement(token: UInt64, sentAt: Instant)
  }

  /// The number of its `Exchange`; each ping adds its attempt.
  let sequence: UInt32
  let target: NodeID
  let purpose: Purpose
  /// Between two attempts, and from the last one to giving up.
  let timeout: Nanoseconds
  /// How many more times it is sent.
  var retries: Int
  var attempt: UInt32 = 0
}

/// Pings other than probes that wait for acks. Beyond the limit new ones are not sent: their askers time out.
struct PendingPings {
  static let limit = 256
  /// So many of them may be measurements: whoever measures leaves room for what the protocol itself has to know.
  static let measurementLimit = 64
  private(set) var entries: [PendingPing] = []

  var isFull: Bool { entries.count >= Self.limit }

  var measurementCount: Int { entries.count { if case .measurement = $0.purpose { true } else { false } } }

  func contains(sequence: UInt32) -> Bool { entries.contains { $0.sequence == sequence } }

  mutating func add(_ ping: PendingPing) { entries.append(ping) }

  /// Takes the ping that this ack answers; nil when none waits, or it waits for somebody else.
  mutating func take(sequence: UInt32, from sender: NodeID) -> PendingPing? {
    let base = Exchange.number(of: sequence)
    guard let position = entries.firstIndex(where: { $0.sequence == base && $0.target == sender }) else { return nil }
    return entries.remove(at: position)
  }

  /// Takes the ping with this sequence number if it has no attempts left.
  mutating func takeExhausted(sequence: UInt32) -> PendingPing? {
    guard let position = entries.firstIndex(where: { $0.sequence == sequence && $0.retries == 0 }) else { return nil }
    return entries.remove(at: position)
  }

  /// Counts one more attempt; nil when none waits under this sequence number.
  mutating func retry(sequence: UInt32) -> PendingPing? {
    guard let position = entries.firstIndex(where: { $0.sequence == sequence && $0.retries > 0 }) else { return nil }
    entries[position].retries -= 1
    entries[position].attempt += 1
    return entries[position]
  }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// A stranger whose answer is waited for may be opened by the sealing layer.
  func hearsayPeer(handle: UInt64) -> Peer? {
    for entry in entries where entry.target.handle == handle {
      if case .hearsay(let stranger) = entry.purpose {
        return Peer(id: stranger.id, salt: stranger.salt, isLiving: true, isNeverForgotten: false)
      }
    }
    return nil
  }

  /// Whether this very request is being worked on: requests are repeated.
  func isRelaying(_ target: NodeID, for asker: NodeID, sequence theirs: UInt32) -> Bool {
    entries.contains { entry in
      if case .relay(asker, theirs) = entry.purpose { entry.target == target } else { false }
    }
  }

  func isAsking(_ id: NodeID) -> Bool {
    entries.contains { entry in
      if case .accused = entry.purpose { entry.target == id } else { false }
    }
  }

  func isVerifying(_ id: NodeID) -> Bool {
    entries.contains { entry in
      if case .hearsay = entry.purpose { entry.target == id } else { false }
    }
  }
}
