/// The members in the order of their NodeIDs, as aligned probing walks them.
///
/// All nodes with the same ring agree who probes whom, so that each member is probed exactly once in each period. News takes a
/// moment to reach everybody; a newcomer enters and a departed member goes only two whole periods after it was learned, when
/// the others know it as well. The departed are passed over meanwhile.
struct ProbeRing {
  private var order: [SlotIndex] = []
  private var changes: [(index: SlotIndex, due: Instant)] = []

  var count: Int { order.count }

  /// A member has become living, or has ceased to be; looked at again when `due` has come.
  mutating func note(_ index: SlotIndex, due: Instant) { changes.append((index, due)) }

  /// Takes a slot out that is about to be used for somebody else.
  mutating func forget(_ index: SlotIndex) {
    order.removeAll { $0 == index }
    changes.removeAll { $0.index == index }
  }

  /// Takes in what is due. Costs one walk of the ring when anything is.
  mutating func settle(now: Instant, in table: borrowing MemberTable) {
    var due: [SlotIndex] = []
    while due.count < changes.count, changes[due.count].due <= now { due.append(changes[due.count].index) }
    guard !due.isEmpty else { return }
    changes.removeFirst(due.count)
    order.removeAll { !table.status($0).isLiving }
    due.removeAll { !table.isOccupied($0) || !table.status($0).isLiving }
    Self.sort(&due, in: table)
    merge(due, in: table)
  }

  /// Where a member stands; nil when it is not in the ring yet.
  func position(of index: SlotIndex, in table: borrowing MemberTable) -> Int? {
    let position = lowerBound(table.id(index), in: table)
    return position < order.count && order[position] == index ? position : nil
  }

  /// The first living member at `distance` or more behind a position; nil when there is no other.
  func target(from position: Int, distance: Int, in table: borrowing MemberTable) -> SlotIndex? {
    for step in 0..<order.count {
      let candidate = order[(position + distance + step) % order.count]
      if candidate != order[position], table.status(candidate).isLiving { return candidate }
    }
    return nil
  }

  private func lowerBound(_ id: NodeID, in table: borrowing MemberTable) -> Int {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if table.id(order[middle]) < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private mutating func merge(_ added: [SlotIndex], in table: borrowing MemberTable) {
    guard !added.isEmpty else { return }
    var merged: [SlotIndex] = []
    merged.reserveCapacity(order.count + added.count)
    var next = 0
    for index in order {
      while next < added.count, table.id(added[next]) < table.id(index) {
        if merged.last != added[next] { merged.append(added[next]) }
        next += 1
      }
      while next < added.count, added[next] == index { next += 1 }
      merged.append(index)
    }
    while next < added.count {
      if merged.last != added[next] { merged.append(added[next]) }
      next += 1
    }
    order = merged
  }

  private static func sort(_ indices: inout [SlotIndex], in table: borrowing MemberTable) {
    var keys = indices.map { (id: table.id($0), index: $0) }
    keys.sort { $0.id < $1.id }
    for position in keys.indices { indices[position] = keys[position].index }
  }
}
