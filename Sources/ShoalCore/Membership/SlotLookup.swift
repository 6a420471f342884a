/// Finds slots by a 64-bit hash: open addressing with linear probing, four bytes an entry.
///
/// An entry holds the slot's index and ten bits of the hash, so that a walk meets a foreign slot once in a thousand entries only;
/// whoever walks compares what it looks for with what the slot holds. A look-up costs a few neighbouring entries, whatever
/// the number of members.
///
/// It is filled to four fifths at most; beyond that, `insert` refuses and its owner resets it and inserts everybody anew. Reset
/// leaves room for a quarter more: 6.25 bytes per member at worst, in tables large enough for the constant not to count.
package struct SlotLookup {
  private var entries: [UInt32] = []
  /// Entries that are not empty: taken, or taken once.
  private var used = 0

  /// 22 bits tell four million slots apart; the limits of members and of tombstones end at one million each.
  private static let slotMask: UInt32 = 0x3F_FFFF
  private static let empty = UInt32.max
  /// An entry that was removed: walks go on behind it.
  private static let removed = UInt32.max - 1

  package init() {}

  var byteCount: Int { entries.count * MemoryLayout<UInt32>.stride }

  /// Makes room for `count` entries and a quarter more, all empty.
  package mutating func reset(for count: Int) {
    let capacity = (count + count / 4 + 8) * 5 / 4
    entries.removeAll(keepingCapacity: entries.capacity >= capacity && entries.capacity < 2 * capacity)
    entries.reserveCapacity(capacity)
    for _ in 0..<capacity { entries.append(Self.empty) }
    used = 0
  }

  /// Enters a slot that is not there yet; false when there is no room.
  package mutating func insert(_ index: SlotIndex, hash: UInt64) -> Bool {
    guard (used + 1) * 5 <= entries.count * 4 else { return false }
    var position = home(of: hash)
    while entries[position] < Self.removed { position = next(after: position) }
    if entries[position] == Self.empty { used += 1 }
    entries[position] = Self.entry(index, hash: hash)
    return true
  }

  /// Takes a slot out that was entered under the same hash.
  package mutating func remove(_ index: SlotIndex, hash: UInt64) {
    let wanted = Self.entry(index, hash: hash)
    var position = home(of: hash)
    while entries[position] != Self.empty {
      if entries[position] == wanted {
        entries[position] = Self.removed
        return
      }
      position = next(after: position)
    }
  }

  // MARK: Walking

  /// A walk along the entries of one hash. Ends at an empty entry, and there always is one.
  package struct Walk: BitwiseCopyable {
    fileprivate var position: Int
    fileprivate let tag: UInt32
  }

  package func walk(_ hash: UInt64) -> Walk { Walk(position: home(of: hash), tag: Self.tag(of: hash)) }

  /// The next slot whose hash is probably the one sought; nil at the end.
  package func next(_ walk: inout Walk) -> SlotIndex? {
    guard !entries.isEmpty else { return nil }
    while true {
      let entry = entries[walk.position]
      if entry == Self.empty { return nil }
      walk.position = next(after: walk.position)
      if entry & ~Self.slotMask == walk.tag, entry != Self.removed {
        return SlotIndex(Int32(truncatingIfNeeded: entry & Self.slotMask))
      }
    }
  }

  /// Hashes spread over any capacity by their high bits; the tag is of their low ones.
  private func home(of hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(entries.count)).high)
  }

  private func next(after position: Int) -> Int { position + 1 == entries.count ? 0 : position + 1 }

  private static func tag(of hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) & ~slotMask }

  private static func entry(_ index: SlotIndex, hash: UInt64) -> UInt32 {
    tag(of: hash) | UInt32(truncatingIfNeeded: index.raw) & slotMask
  }
}
