/// A packet or frame in flight, by the index of its buffer.
struct PacketID: BitwiseCopyable {
  var index: Int32
}

/// What is in flight. Where sealing is only counted, handshakes and proofs travel as their kinds alone.
enum PacketKind: UInt8, BitwiseCopyable {
  /// A datagram, sealed for one receiver; with real sealing also challenges and echoes.
  case sealed
  /// A receiver that knows neither sender nor salt asks for proof.
  case challenge
  /// The proof.
  case echo
  /// Bytes of a real stream.
  case bytes
  /// The three messages of a handshake.
  case hello, welcome, confirm
  /// One frame of a stream.
  case frame
  /// The end of a stream.
  case end
}

/// What is in flight. Buffers are used again, so that a warm world allocates nothing per packet.
struct PacketPool {
  struct Packet {
    var bytes: [UInt8] = []
    var header = PacketHeader()
  }

  private var packets: [Packet] = []
  private var free: [Int32] = []

  /// Copies `bytes` into a buffer of the pool.
  mutating func add(_ header: PacketHeader, bytes: ArraySlice<UInt8>) -> PacketID {
    let index: Int32
    if let reused = free.popLast() {
      index = reused
    } else {
      index = Int32(packets.count)
      packets.append(Packet())
    }
    packets[Int(index)].header = header
    packets[Int(index)].bytes.append(contentsOf: bytes)
    return PacketID(index: index)
  }

  func length(_ id: PacketID) -> Int { packets[Int(id.index)].bytes.count }

  /// Damages a packet on its way.
  mutating func tamper(_ id: PacketID, as kind: Tampering, _ change: (inout [UInt8]) -> Void) {
    packets[Int(id.index)].header.tampering = kind
    change(&packets[Int(id.index)].bytes)
  }

  func header(_ id: PacketID) -> PacketHeader { packets[Int(id.index)].header }

  /// Takes the bytes out; give the buffer back with `recycle`.
  mutating func take(_ id: PacketID) -> [UInt8] {
    var bytes: [UInt8] = []
    swap(&bytes, &packets[Int(id.index)].bytes)
    return bytes
  }

  /// Returns a buffer that was taken; the packet is no longer in flight.
  mutating func recycle(_ id: PacketID, _ buffer: consuming [UInt8]) {
    // One huge page must not stay with every small ping that follows.
    if buffer.capacity <= Self.keptCapacity {
      buffer.removeAll(keepingCapacity: true)
      packets[Int(id.index)].bytes = buffer
    }
    free.append(id.index)
  }

  /// Drops a packet unread.
  mutating func discard(_ id: PacketID) { recycle(id, take(id)) }

  /// Buffers above this capacity, in bytes, are given back to the system.
  private static let keptCapacity = 4_096
}
