/// The probe that is under way: one per interval at most.
///
/// ```
/// 0            probeTimeout                    probeInterval
/// ├─ ping ─────┼─ no ack: pingRequest × k ─────┤ no ack: suspect
///                 helpers: ping, then ack, or nack at 4/5 of their timeout
/// ```
struct Probe {
  let target: NodeID
  let sequence: UInt32
  /// The helpers that were asked.
  var helpers: [NodeID] = []
  /// The helpers that answered that they heard nothing either.
  var nacks: [NodeID] = []
  var isAcked = false

  /// How Lifeguard scores a probe that failed: one for each missed nack, or one when nobody could have sent any.
  var healthPenalty: Int { helpers.isEmpty ? 1 : helpers.count - nacks.count }
}

/// A ping that waits for its ack, and what the ack is good for.
struct PendingPing {
  enum Purpose {
    /// Asked by another node, which waits for our word under its own sequence number.
    case relay(requester: NodeID, sequence: UInt32)
    /// Whether the holder of a name that a newcomer wants still lives.
    case nameHolder(StreamID)
    /// Whether an unknown member of low seniority, known by hearsay, lives.
    case hearsay(Record)
    /// Whether a more senior process with our own name lives.
    case rival
    /// Whether somebody that we hold dead has come back.
    case heal
  }

  let sequence: UInt32
  let target: NodeID
  let deadline: Instant
  let purpose: Purpose
}

/// Pings other than the probe's own that wait for acks. Beyond the limit new ones are not sent: their askers time out.
struct PendingPings {
  static let limit = 256
  private(set) var entries: [PendingPing] = []

  var isFull: Bool { entries.count >= Self.limit }

  mutating func add(_ ping: PendingPing) { entries.append(ping) }

  /// Takes the ping that this ack answers; nil when none waits, or it waits for somebody else.
  mutating func take(sequence: UInt32, from sender: NodeID) -> PendingPing? {
    guard let position = entries.firstIndex(where: { $0.sequence == sequence && $0.target == sender }) else {
      return nil
    }
    return entries.remove(at: position)
  }

  /// Takes the ping with this sequence number, whoever was to answer it.
  mutating func take(sequence: UInt32) -> PendingPing? {
    guard let position = entries.firstIndex(where: { $0.sequence == sequence }) else { return nil }
    return entries.remove(at: position)
  }
}

extension PendingPings {
  /// A stranger whose answer is waited for may be opened by the sealing layer.
  func hearsayPeer(handle: UInt64) -> Peer? {
    for entry in entries where entry.target.handle == handle {
      if case .hearsay(let stranger) = entry.purpose {
        return Peer(id: stranger.id, salt: stranger.salt, isLiving: true)
      }
    }
    return nil
  }

  func isVerifying(_ id: NodeID) -> Bool {
    entries.contains { entry in
      if case .hearsay = entry.purpose { entry.target == id } else { false }
    }
  }
}
