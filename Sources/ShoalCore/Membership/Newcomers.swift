/// Members that were let in a moment ago: they have not got the table yet, know few others, and could not pass anything on.
///
/// Told apart from those of whom this node itself has just learned although they have been members for long.
struct Newcomers {
  /// For so long a member counts as one.
  static let time = Nanoseconds.milliseconds(80)
  /// At most so many are remembered; further ones are taken for members of long standing, and repair helps them.
  static let limit = 4_096

  // Looked up, never iterated.
  private var since: [SlotIndex: Instant] = [:]
  private var order: [SlotIndex] = []
  private var head = 0

  mutating func note(_ index: SlotIndex, at now: Instant) {
    expire(at: now)
    guard since.count < Self.limit else { return }
    since[index] = now
    order.append(index)
  }

  func contains(_ index: SlotIndex, at now: Instant) -> Bool {
    guard !since.isEmpty, let noted = since[index] else { return false }
    return now.since(noted) < Self.time
  }

  private mutating func expire(at now: Instant) {
    while head < order.count, !contains(order[head], at: now) {
      since[order[head]] = nil
      head += 1
    }
    if head == order.count {
      order.removeAll(keepingCapacity: order.capacity <= 64)
      head = 0
    } else if head > 64, head * 2 > order.count {
      order.removeFirst(head)
      head = 0
    }
  }
}
