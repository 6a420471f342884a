/// What a stream is for, from this node's side.
///
/// ```
/// dialled: dialing ─▶ standby | asking ─▶ pulling ─▶ gone          a join
///          dialing ─▶ comparing? ─▶ repairing ─▶ gone                          a repair
/// inbound: accepted ─▶ waiting ─▶ admitting? ─▶ serving ─▶ gone    somebody joins here
///          accepted ─▶ repairing ─▶ gone
/// dialled: dialingMetadata ─▶ pullingMetadata ─▶ gone              somebody's metadata is pulled
/// inbound: accepted ─▶ awaitingMetadata? ─▶ servingMetadata ─▶ gone
/// dialled: dialingChannel ─▶ handed over                          messages
/// inbound: accepted ─▶ client? ─▶ handed over
/// ```
enum StreamRole {
  /// A connection to a seed is being made.
  case dialing(seed: DialledSeed)
  /// A second seed that is ready, should the first one refuse.
  case standby(seed: DialledSeed, peer: NodeID)
  /// Hello was sent to a seed.
  case asking(seed: DialledSeed, peer: NodeID)
  /// Admitted; pages are on their way.
  case pulling(peer: NodeID)
  /// A connection for a repair is being made; the peer is `.unknown` when it is a lost seed.
  case dialingRepair(peer: NodeID)
  /// Both sides pull each other's pages. `pulled`: ours is complete; `served`: theirs is.
  /// Only the pages of `buckets`, when the two have found out where they differ.
  case repairing(peer: NodeID, dialled: Bool, pulled: Bool, served: Bool, buckets: BucketSet?)
  /// Our digest was sent; where we differ is awaited.
  case comparing(peer: NodeID)
  /// A probe by connection.
  case probing(sequence: UInt32)
  /// Inbound; the first frame is awaited.
  case accepted(peer: NodeID)
  /// A newcomer waits to be admitted or sent on.
  case waiting(newcomer: Record, version: UInt8)
  /// A newcomer wants a name whose holder is being asked.
  case admitting(newcomer: Record, version: UInt8, holder: NodeID)
  /// A newcomer pulls our pages.
  case serving(peer: NodeID)
  /// A connection for metadata of `owner` is being made.
  case dialingMetadata(owner: NodeID, peer: NodeID)
  /// Metadata of `owner` was asked for.
  case pullingMetadata(owner: NodeID, peer: NodeID)
  /// Inbound; the peer pulls metadata that is held here.
  case servingMetadata(peer: NodeID)
  /// Inbound; the peer waits for metadata of `owner`, which is being pulled here.
  case awaitingMetadata(peer: NodeID, owner: NodeID)
  /// A connection for messages is being made.
  case dialingChannel(peer: NodeID)
  /// Inbound; a client that was let in, whose first words to the messenger are awaited.
  case client(peer: NodeID)
}

extension StreamRole {
  /// The authenticated process at the other end; `.unknown` while there is none.
  var peer: NodeID {
    switch self {
    case .dialing, .probing: .unknown
    case .standby(_, let peer), .asking(_, let peer), .pulling(let peer), .dialingRepair(let peer),
      .repairing(let peer, _, _, _, _), .comparing(let peer), .accepted(let peer), .serving(let peer),
      .dialingMetadata(_, let peer), .pullingMetadata(_, let peer), .servingMetadata(let peer),
      .awaitingMetadata(let peer, _), .dialingChannel(let peer), .client(let peer):
      peer
    case .admitting(let newcomer, _, _), .waiting(let newcomer, _): newcomer.id
    }
  }
}

/// The streams an engine knows: few, looked up by walking.
struct StreamTable {
  private(set) var entries: [(id: StreamID, role: StreamRole)] = []
  private var nextDialled: UInt64 = 1

  /// Stream pings and a repair: what a quiet node may have open at once.
  private static let usualCount = 4

  init() { entries.reserveCapacity(Self.usualCount) }

  var count: Int { entries.count }

  /// An identifier for a stream that this engine dials: odd.
  mutating func drawID() -> StreamID {
    defer { nextDialled &+= 2 }
    return StreamID(nextDialled)
  }

  subscript(id: StreamID) -> StreamRole? {
    get { entries.first { $0.id == id }?.role }
    set {
      let position = entries.firstIndex { $0.id == id }
      switch (position, newValue) {
      case (let position?, let role?): entries[position].role = role
      case (let position?, nil): entries.remove(at: position)
      case (nil, let role?): entries.append((id, role))
      case (nil, nil): break
      }
    }
  }

  /// Forgets all and returns their identifiers.
  mutating func removeAll() -> [StreamID] {
    defer { entries.removeAll() }
    return entries.map(\.id)
  }

  /// How many pulls of metadata are being served for others, and how many of those wait for what is still to come.
  var servedMetadata: (all: Int, waiting: Int) {
    entries.reduce(into: (all: 0, waiting: 0)) { sum, entry in
      switch entry.role {
      case .servingMetadata: sum.all += 1
      case .awaitingMetadata:
        sum.all += 1
        sum.waiting += 1
      default: break
      }
    }
  }

  /// Who waits for metadata of `owner`.
  func waiting(for owner: NodeID) -> [(id: StreamID, peer: NodeID)] {
    entries.compactMap { entry in
      if case .awaitingMetadata(let peer, owner) = entry.role { (entry.id, peer) } else { nil }
    }
  }

  /// The streams of newcomers that wait to be admitted.
  var waitingNewcomers: [StreamID] {
    entries.compactMap { if case .waiting = $0.role { $0.id } else { nil } }
  }

  /// How many clients were let in that have not been handed over.
  var enteringClients: Int {
    entries.count { if case .client = $0.role { true } else { false } }
  }

  /// How many repairs are being served for others.
  var servedRepairs: Int {
    entries.count { if case .repairing(_, dialled: false, _, _, _) = $0.role { true } else { false } }
  }
}
