/// The seats that are taken, by the hashes of their names.
///
/// Configured voters never change. Where the first names that were admitted have the seats, a coordinator frees the seat of a name that has
/// left for good, and gives a free one to the next name: one name at a time, and only when a majority holds the list before. So any two
/// majorities, of one list or of two that follow each other, have a seat in common (the single-server change of Raft, Ongaro 2014 §4.1).
package struct SeatList: Hashable, Sendable {
  /// No list has seen as many changes.
  package static let changeLimit: UInt32 = 1 << 31

  /// How many changes have led to this list.
  package let change: UInt32
  /// Under which epoch it was made; 0 for configured voters.
  package let epoch: UInt64
  /// Sorted, none twice, at most `Quorum.seatLimit`.
  package let names: [UInt64]

  package init(change: UInt32 = 0, epoch: UInt64 = 0, names: [UInt64]) {
    self.change = change
    self.epoch = epoch
    self.names = names.sorted()
  }

  /// The list of configured voters.
  init(voters: Set<String>) { self.init(names: Self.hashes(of: voters)) }

  static func hashes(of names: Set<String>) -> [UInt64] { names.map { StableHash.hash(of: $0) }.sorted() }

  func contains(_ name: UInt64) -> Bool { names.contains(name) }

  /// Whether this one is to be used where `other` is held. `isHeld` says that a majority holds this one.
  package func replaces(_ other: SeatList, isHeld: Bool) -> Bool {
    if names == other.names { return change >= other.change }
    if change != other.change { return change > other.change }
    // Of two changes of one list, only the later could be made. Two first lists are rivals, of which one at most is ever held.
    return isHeld || change > 0 && epoch > other.epoch
  }

  // MARK: Wire: change (4), epoch (8), number of names (1), names (8 each)

  init(from reader: inout ByteReader) throws(WireError) {
    change = try reader.readUInt32()
    guard change < Self.changeLimit else { throw .malformed }
    epoch = try reader.readUInt64()
    let count = Int(try reader.readUInt8())
    guard count <= Quorum.seatLimit else { throw .malformed }
    var names: [UInt64] = []
    names.reserveCapacity(count)
    for _ in 0..<count {
      let name = try reader.readUInt64()
      if let last = names.last, name <= last { throw .malformed }
      names.append(name)
    }
    self.names = names
  }

  func write(to bytes: inout [UInt8]) {
    bytes.write(change)
    bytes.write(epoch)
    bytes.write(UInt8(names.count))
    for name in names { bytes.write(name) }
  }
}
