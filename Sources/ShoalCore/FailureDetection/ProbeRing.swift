/// The members in the order of their NodeIDs, as aligned probing walks them.
///
/// All nodes with the same ring agree who probes whom, so that each member is probed exactly once in each period. News takes a
/// moment to reach everybody; a newcomer enters and a departed member goes only two whole periods after it was learned, when
/// the others know it as well. The departed are passed over meanwhile.
///
/// Costs four bytes a member, and for each change a search and a move of what lies behind it in memory; many at once are merged in
/// with one copy.
struct ProbeRing {
  private var order: [SlotIndex] = []
  /// Who has become living or has ceased to be, in the order in which it was learned.
  private var changes: [SlotIndex] = []
  /// When how many of `changes` are due; those of one instant are counted together.
  private var batches: [(due: Instant, count: Int)] = []
  /// Where the member that was last asked for stood: that is always the node itself.
  private var lastPosition = 0

  /// Up to so many changes are made one by one, more by one copy.
  private static let fewChanges = 16
  /// Beyond twice as many changes as there are members, and these, all are made at once, before they are due: members that come and
  /// go by the hundred in a second are nobody's agreed target anyway.
  private static let spareChanges = 64

  var count: Int { order.count }

  /// What it occupies, in bytes.
  var byteCount: Int {
    (order.capacity + changes.capacity) * MemoryLayout<SlotIndex>.stride
      + batches.capacity * MemoryLayout<(due: Instant, count: Int)>.stride
  }

  /// A member has become living, or has ceased to be; looked at again when `due` has come. Later calls never name an earlier `due`.
  mutating func note(_ index: SlotIndex, due: Instant, in table: borrowing MemberTable) {
    changes.append(index)
    if let last = batches.last, last.due >= due {
      batches[batches.count - 1].count += 1
    } else {
      batches.append((due, 1))
    }
    if changes.count > 2 * table.slotCount + Self.spareChanges {
      batches.removeAll()
      make(changes.count, in: table)
    }
  }

  /// Takes a member out whose slot is about to be used for somebody else.
  mutating func forget(_ index: SlotIndex, in table: borrowing MemberTable) {
    let place = lowerBound(table.id(index), in: table)
    if place < order.count, order[place] == index { order.remove(at: place) }
  }

  /// Takes in what is due.
  mutating func settle(now: Instant, in table: borrowing MemberTable) {
    var due = 0
    var passed = 0
    while passed < batches.count, batches[passed].due <= now {
      due += batches[passed].count
      passed += 1
    }
    guard due > 0 else { return }
    batches.removeFirst(passed)
    make(due, in: table)
  }

  // MARK: Walking

  /// Where a member stands; nil when it is not in the ring yet.
  mutating func position(of index: SlotIndex, in table: borrowing MemberTable) -> Int? {
    if lastPosition < order.count, order[lastPosition] == index { return lastPosition }
    let place = lowerBound(table.id(index), in: table)
    guard place < order.count, order[place] == index else { return nil }
    lastPosition = place
    return place
  }

  /// The first living member at `distance` or more behind a position; nil when there is no other.
  func target(from position: Int, distance: Int, in table: borrowing MemberTable) -> SlotIndex? {
    for step in 0..<order.count {
      let candidate = order[(position + distance + step) % order.count]
      if candidate != order[position], table.status(candidate).isLiving { return candidate }
    }
    return nil
  }

  /// The first place, from `start` on, whose member has this NodeID or a higher one.
  private func lowerBound(_ id: NodeID, from start: Int = 0, in table: borrowing MemberTable) -> Int {
    var low = start
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if table.id(order[middle]) < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  // MARK: Changing

  /// Makes the oldest changes, as things stand now: whoever has changed twice is found as the second change left it.
  private mutating func make(_ count: Int, in table: borrowing MemberTable) {
    if count <= Self.fewChanges {
      for index in changes[..<count] { update(index, in: table) }
    } else {
      merge(changes[..<count], in: table)
    }
    if count == changes.count {
      changes.removeAll(keepingCapacity: changes.capacity <= Self.spareChanges)
    } else {
      changes.removeFirst(count)
    }
  }

  private mutating func update(_ index: SlotIndex, in table: borrowing MemberTable) {
    guard table.isOccupied(index) else { return }
    let place = lowerBound(table.id(index), in: table)
    let isPresent = place < order.count && order[place] == index
    switch (isPresent, table.status(index).isLiving) {
    case (false, true):
      // By a sixteenth, as the table's arrays.
      if order.count == order.capacity { order.reserveCapacity(order.count + order.count / 16 + 16) }
      order.insert(index, at: place)
    case (true, false): order.remove(at: place)
    case (true, true), (false, false): break
    }
  }

  private mutating func merge(_ changed: ArraySlice<SlotIndex>, in table: borrowing MemberTable) {
    var keys: [(id: NodeID, index: SlotIndex)] = []
    keys.reserveCapacity(changed.count)
    for index in changed where table.isOccupied(index) { keys.append((table.id(index), index)) }
    keys.sort { $0.id < $1.id }
    var merged: [SlotIndex] = []
    merged.reserveCapacity(order.count + keys.count)
    var from = 0
    for key in keys {
      let place = lowerBound(key.id, from: from, in: table)
      merged.append(contentsOf: order[from..<place])
      // One that has changed is looked at as if it were new.
      from = place < order.count && order[place] == key.index ? place + 1 : place
      Self.append(key.index, to: &merged, in: table)
    }
    merged.append(contentsOf: order[from...])
    order = merged
  }

  private static func append(_ index: SlotIndex, to merged: inout [SlotIndex], in table: borrowing MemberTable) {
    if merged.last != index, table.status(index).isLiving { merged.append(index) }
  }
}
