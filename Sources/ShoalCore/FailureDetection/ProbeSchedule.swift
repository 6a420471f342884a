/// Whom to probe next: a shuffled round robin over the living (SWIM §4.3), so that everybody is probed within one round.
struct ProbeSchedule {
  private var order: [SlotIndex] = []
  private var position = 0

  /// A newcomer takes a random place in what is left of the round; a round that has not begun will hold it anyway.
  mutating func insert(_ index: SlotIndex, random: inout PRNG) {
    guard position < order.count else { return }
    let place = position + random.below(order.count - position + 1)
    order.append(index)
    order.swapAt(place, order.count - 1)
  }

  /// The next living member that is not `myself`; nil when there is none. Starts a new round when the last one ended.
  mutating func next(in table: borrowing MemberTable, myself: SlotIndex, random: inout PRNG) -> SlotIndex? {
    for _ in 0..<2 {
      while position < order.count {
        let candidate = order[position]
        position += 1
        if candidate != myself, table.isOccupied(candidate), table.status(candidate).isLiving { return candidate }
      }
      order.removeAll(keepingCapacity: true)
      order.append(contentsOf: table.living)
      random.shuffle(&order)
      position = 0
    }
    return nil
  }
}
