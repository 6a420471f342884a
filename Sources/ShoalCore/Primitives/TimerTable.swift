/// What a state machine waits for: a binary heap of deadlines with one earliest.
///
/// Timers are never cancelled; whoever handles one checks whether it still means something. Void ones that come first are dropped, so
/// that nobody is woken for them. Each kind has a bounded number
/// of owners, and each owner sets a bounded number of timers, so the table stays bounded.
package struct TimerTable<Kind: BitwiseCopyable & Equatable> {
  package struct Timer: BitwiseCopyable {
    package var deadline: Instant
    /// Breaks ties in the order of setting, so that runs are reproducible.
    var order: UInt64
    package var kind: Kind
    /// Moved already: no timer is moved twice, so that even a node that is always late comes round to everything.
    var isPostponed = false
    package var key: UInt64
  }

  private var heap: [Timer] = []
  private var nextOrder: UInt64 = 0

  /// A quiet node has fewer at once.
  private static var usualCount: Int { 32 }

  package init() {}

  package var first: Timer? { heap.first }
  package var nextDeadline: Instant? { heap.first?.deadline }
  package var count: Int { heap.count }

  package mutating func set(_ kind: Kind, key: UInt64 = 0, at deadline: Instant) {
    heap.append(Timer(deadline: deadline, order: nextOrder, kind: kind, key: key))
    nextOrder &+= 1
    siftUp(heap.count - 1)
  }

  /// Takes the earliest timer if its time has come.
  package mutating func popDue(at now: Instant) -> Timer? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    removeFirst()
    return first
  }

  package mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    siftDown(0)
    // The memory of a burst is given back.
    if heap.capacity > 16 * Self.usualCount, heap.count < Self.usualCount { heap = heap.map { $0 } }
  }

  /// Moves the timers of these kinds that have come due to a later instant, each of them once.
  mutating func postpone(_ kinds: [Kind], dueBy instant: Instant, to later: Instant) {
    func moves(_ timer: Timer) -> Bool { timer.deadline <= instant && !timer.isPostponed && kinds.contains(timer.kind) }
    guard heap.contains(where: moves) else { return }
    let all = heap
    heap.removeAll(keepingCapacity: true)
    for var timer in all {
      if moves(timer) {
        timer.deadline = later
        timer.isPostponed = true
      }
      heap.append(timer)
      siftUp(heap.count - 1)
    }
  }

  package mutating func removeAll() { heap.removeAll(keepingCapacity: true) }

  private static func precedes(_ left: Timer, _ right: Timer) -> Bool {
    left.deadline == right.deadline ? left.order < right.order : left.deadline < right.deadline
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard Self.precedes(heap[child], heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      let left = 2 * parent + 1
      if left < heap.count, Self.precedes(heap[left], heap[least]) { least = left }
      if left + 1 < heap.count, Self.precedes(heap[left + 1], heap[least]) { least = left + 1 }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

/// Whose deadline a timer is.
enum TimerKind: UInt8, BitwiseCopyable {
  case probe
  case probeStep
  case pendingPing
  case suspicion
  case gossip
  case seeds
  case stream
  case heal
  case reap
  case comeback
  case farewell
  case admissions
  case redirect
  case pull
  case compare
  case news
  case treeForward
  case metadata
  case coordination
}
