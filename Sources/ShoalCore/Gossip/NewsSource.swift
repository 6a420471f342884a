/// How the news that is being applied has come here; it decides how it goes on.
enum NewsSource {
  /// It arose here: a change of our own, an admission, an accusation, a verdict.
  case here
  /// A newcomer that is let in here.
  case admission
  /// Down a tree that goes on to everybody else by itself.
  case tree
  /// From a member that wants us to send it to everybody.
  case handover
  /// On a ping or an ack: few know it, or nobody else can be told by tree.
  case piggyback
  /// By plain gossip.
  case gossip
  /// From a comparison of views.
  case repair

  /// Whether what it brings may have been known to others for long.
  var isRepair: Bool { if case .repair = self { true } else { false } }

  init(_ header: DatagramHeader) {
    switch header.type {
    case .tree: self = header.range.isWhole ? .handover : .tree
    case .gossip: self = .gossip
    case .entries: self = .repair
    case .ping, .ack, .pingRequest, .nack, .treeAck, .digest, .coordinationQuery, .coordinationAnswer,
      .coordinationElection, .leaseRequest, .leaseAnswer, .leaseRelease:
      self = .piggyback
    }
  }
}

/// Who gathers the news of a busy cluster for ten seconds: the member with the highest hash. Members may disagree for a while; then
/// more than one gathers. Wall time chooses it and decides nothing else.
struct EpochRoot {
  static let epochMilliseconds: UInt64 = 10_000
  /// The root gathers news for so long.
  static let gatherTime = Nanoseconds.milliseconds(300)
  /// Below so many members everybody is his own root.
  static let membersFrom = 9
  /// How often news is handed to the root before its origin starts a tree itself.
  static let handoverLimit = 2

  let epoch: UInt64
  let index: SlotIndex
  let id: NodeID

  static func epoch(at now: Now) -> UInt64 { now.wallMilliseconds / epochMilliseconds }

  static func weight(of id: NodeID, epoch: UInt64) -> UInt64 {
    StableHash.combine(StableHash.combine(StableHash.finalize(epoch), id.high), id.low)
  }
}
