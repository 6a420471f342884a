/// The living members in the order of their NodeIDs, closed to a ring. NodeIDs are random, so members lie evenly on it.
///
/// Finding a place costs O(log members). Newcomers are kept apart until the ring is next used and then merged in at once; merging
/// and removing move 4 bytes for each member behind the place, once for each newcomer or departure, never for a packet.
struct HashRing {
  private var sorted: [SlotIndex] = []
  /// Not merged yet, in the order of their coming.
  private var added: [SlotIndex] = []

  var count: Int { sorted.count + added.count }

  /// What it occupies, in bytes.
  var byteCount: Int { (sorted.capacity + added.capacity) * MemoryLayout<SlotIndex>.stride }

  /// Adds a member that has become living and is not on the ring.
  mutating func insert(_ index: SlotIndex) { added.append(index) }

  /// Takes a member off that is no longer living.
  mutating func remove(_ index: SlotIndex, in table: borrowing MemberTable) {
    settle(in: table)
    let place = place(of: table.id(index), in: table)
    if place < sorted.count, sorted[place] == index { sorted.remove(at: place) }
  }

  /// Up to so many newcomers are put in one by one: moving a stretch of memory is cheap, a walk is not.
  private static let fewNewcomers = 16

  /// Merges newcomers in.
  mutating func settle(in table: borrowing MemberTable) {
    guard !added.isEmpty else { return }
    let wanted = sorted.count + added.count
    // By an eighth: doubling would cost more memory than copying costs time.
    if sorted.capacity < wanted { sorted.reserveCapacity(wanted + wanted / 8) }
    if added.count <= Self.fewNewcomers {
      for newcomer in added { sorted.insert(newcomer, at: place(of: table.id(newcomer), in: table)) }
    } else {
      merge(in: table)
    }
    added.removeAll(keepingCapacity: added.capacity <= 64)
  }

  /// Merges many in by one walk from the end, so that nobody is moved twice.
  private mutating func merge(in table: borrowing MemberTable) {
    sort(&added, in: table)
    var end = sorted.count
    sorted.append(contentsOf: added)
    for ahead in stride(from: added.count, to: 0, by: -1) {
      let newcomer = added[ahead - 1]
      let place = place(of: table.id(newcomer), below: end, in: table)
      var from = end
      while from > place {
        from -= 1
        sorted[from + ahead] = sorted[from]
      }
      sorted[place + ahead - 1] = newcomer
      end = place
    }
  }

  private func sort(_ indices: inout [SlotIndex], in table: borrowing MemberTable) {
    guard indices.count > 1 else { return }
    var keyed: [(id: NodeID, index: SlotIndex)] = []
    keyed.reserveCapacity(indices.count)
    for index in indices { keyed.append((table.id(index), index)) }
    keyed.sort { $0.id < $1.id }
    for position in keyed.indices { indices[position] = keyed[position].index }
  }

  // MARK: Stretches

  /// The members in a range, in ring order from its start. The ring must be settled.
  func stretch(_ range: RingRange, in table: borrowing MemberTable) -> RingStretch {
    let start = place(ofPosition: range.from, in: table)
    let end = place(ofPosition: range.to, in: table)
    let length = range.from < range.to ? end - start : sorted.count - start + end
    return RingStretch(start: start, count: length)
  }

  /// The member at an offset into a stretch.
  func member(_ offset: Int, of stretch: RingStretch) -> SlotIndex {
    let place = stretch.start + offset
    return sorted[place < sorted.count ? place : place - sorted.count]
  }

  /// How far into a stretch a member stands; nil when it is not in there.
  func offset(of id: NodeID, in stretch: RingStretch, of table: borrowing MemberTable) -> Int? {
    let place = place(of: id, in: table)
    guard place < sorted.count, table.id(sorted[place]) == id else { return nil }
    let offset = place >= stretch.start ? place - stretch.start : place + sorted.count - stretch.start
    return offset < stretch.count ? offset : nil
  }

  // MARK: Binary search

  /// The first place whose member does not lie before `id`, among the first `end` members.
  private func place(of id: NodeID, below end: Int? = nil, in table: borrowing MemberTable) -> Int {
    var low = 0
    var high = end ?? sorted.count
    while low < high {
      let middle = (low + high) / 2
      if table.id(sorted[middle]) < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The first place whose member does not lie before `position`.
  private func place(ofPosition position: UInt32, in table: borrowing MemberTable) -> Int {
    place(of: NodeID(high: UInt64(position) << 32, low: 0), in: table)
  }
}

/// Some members of a ring in a row; it may run across the end of the ring to its beginning.
struct RingStretch: BitwiseCopyable {
  let start: Int
  let count: Int
}

/// A range of the ring: positions from `from` on, up to `to`, which is not part of it. Equal ends mean the whole ring.
package struct RingRange: Hashable, Sendable, BitwiseCopyable {
  package var from: UInt32
  package var to: UInt32

  package init(from: UInt32, to: UInt32) {
    self.from = from
    self.to = to
  }

  package var isWhole: Bool { from == to }

  /// Where on the ring a process is. Two processes may share a position; they then always share a range.
  package static func position(of id: NodeID) -> UInt32 { UInt32(truncatingIfNeeded: id.high >> 32) }
}
