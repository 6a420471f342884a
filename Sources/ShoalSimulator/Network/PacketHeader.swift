import ShoalCore

/// What a datagram carries in clear, and where it goes.
struct PacketHeader: BitwiseCopyable {
  var kind = PacketKind.sealed
  /// The process that sent it.
  var sender: Int32 = -1
  /// The machine it goes to.
  var machine: Int32 = -1
  /// The process that alone can open it.
  var receiver = NodeID.unknown
  /// The sender's salt at the time of sealing.
  var salt: UInt64 = 0
}
