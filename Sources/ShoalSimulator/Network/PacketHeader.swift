import ShoalCore

/// What a datagram or segment in flight carries in clear, and where it goes.
struct PacketHeader: BitwiseCopyable {
  var kind = PacketKind.sealed
  /// The process that sent it; of a recording or a forgery, whom it pretends to be from.
  var sender: Int32 = -1
  /// The machine it goes to.
  var machine: Int32 = -1
  /// The process that alone can open it.
  var receiver = NodeID.unknown
  /// The sender's salt at the time of sealing.
  var salt: UInt64 = 0
  /// What has been done to it on the way.
  var tampering = Tampering.none
}

/// What an adversary or a bad link has done to a datagram.
enum Tampering: UInt8, BitwiseCopyable {
  case none
  /// The second copy of a datagram that arrived twice.
  case duplicate
  /// A recording, sent again.
  case replay
  case corrupted
  case truncated
  /// Made without the key.
  case forged

  /// Whether opening it would be a break of the seal.
  var mustNotOpen: Bool {
    switch self {
    case .none, .duplicate, .replay: false
    case .corrupted, .truncated, .forged: true
    }
  }
}
