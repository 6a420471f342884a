import ShoalCore

/// A running hash over every byte that was delivered and every event that was published, with its time and receiver.
///
/// Two runs of one seed have the same hash; two runs with the same hash were, for all we can tell, the same.
struct Trace {
  private(set) var hash: UInt64 = 0x5348_4F41_4C00_0001

  mutating func add(_ word: UInt64) { hash = StableHash.combine(hash, word) }

  mutating func add(_ id: NodeID) {
    add(id.high)
    add(id.low)
  }

  /// Folds bytes eight at a time, least significant first, then what is left, then their number.
  mutating func add(_ bytes: RawSpan) {
    var position = 0
    while position + 8 <= bytes.byteCount {
      // Safe: the load checks its bounds, and every bit pattern is a UInt64.
      let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
      add(UInt64(littleEndian: word))
      position += 8
    }
    var rest: UInt64 = 0
    while position < bytes.byteCount {
      // Safe: as above, for a UInt8.
      rest = rest << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self))
      position += 1
    }
    add(rest)
    add(UInt64(bytes.byteCount))
  }

  mutating func add(_ event: Event) {
    add(UInt64(event.kind.rawValue))
    if case .coordinatorChanged(let reign) = event {
      add(reign?.epoch ?? 0)
      add(reign?.coordinator ?? .unknown)
    }
    guard let member = event.member else { return }
    add(member.id)
    add(member.incarnation)
    add(UInt64(member.status.rawValue))
  }
}
