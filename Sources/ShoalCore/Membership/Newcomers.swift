/// Members that were let in a moment ago: they have not got the table yet, know few others, and could not pass anything on.
///
/// Told apart from those of whom this node itself has just learned although they have been members for long.
struct Newcomers {
  /// For so long a member counts as one.
  static let time = Nanoseconds.milliseconds(80)
  /// At most so many are remembered; further ones are taken for members of long standing, and repair helps them.
  static let limit = 4_096

  /// For so long after the latest one more are expected, where news of them takes no time.
  static let arrivalTime = Nanoseconds.milliseconds(250)
  /// So many in a row are a burst.
  static let burst = 8

  private var latest = Instant.zero
  // Looked up, never iterated.
  private var since: [SlotIndex: Instant] = [:]
  private var order = Fifo<SlotIndex>()
  /// How many have come since none was expected.
  private(set) var inRow = 0

  mutating func note(_ index: SlotIndex, at now: Instant, delay: Nanoseconds) {
    inRow = areArriving(at: now, delay: delay) ? inRow + 1 : 1
    latest = now
    expire(at: now)
    guard since.count < Self.limit else { return }
    since[index] = now
    order.append(index)
  }

  func contains(_ index: SlotIndex, at now: Instant) -> Bool {
    guard !since.isEmpty, let noted = since[index] else { return false }
    return now.since(noted) < Self.time
  }

  /// Whether somebody has been let in a moment ago, so that views are on the move.
  ///
  /// - Parameter delay: how much later what tells of further newcomers may come.
  func areArriving(at now: Instant, delay: Nanoseconds) -> Bool {
    latest != .zero && now < expectedUntil(delay: delay)
  }

  /// Until then more are expected.
  func expectedUntil(delay: Nanoseconds) -> Instant { latest + Self.arrivalTime + delay }

  /// Forgets those who are none any more. Called once a period as well, so that a burst does not keep its memory.
  mutating func expire(at now: Instant) {
    while let oldest = order.first, !contains(oldest, at: now) {
      since[oldest] = nil
      _ = order.popFirst()
    }
    if since.isEmpty, since.capacity > Self.keptCapacity { since = [:] }
  }

  private static let keptCapacity = 64
}
