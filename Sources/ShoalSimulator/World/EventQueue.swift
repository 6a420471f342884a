import ShoalCore

/// What will happen, earliest first: a binary heap. Events of the same instant come in the order in which they were added.
struct EventQueue {
  private var heap: [ScheduledEvent] = []
  private var nextOrder: UInt64 = 0

  var count: Int { heap.count }

  /// O(log n).
  mutating func add(_ event: SimulatedEvent, at instant: Instant) {
    heap.append(ScheduledEvent(instant: instant, order: nextOrder, event: event))
    nextOrder += 1
    siftUp(heap.count - 1)
  }

  /// Takes the earliest event, if it is due by `limit`. O(log n).
  mutating func popFirst(dueBy limit: Instant) -> (instant: Instant, event: SimulatedEvent)? {
    guard let first = heap.first, first.instant <= limit else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    return (first.instant, first.event)
  }

  private mutating func siftUp(_ start: Int) {
    let moving = heap[start]
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard moving.precedes(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = moving
  }

  private mutating func siftDown() {
    let moving = heap[0]
    var parent = 0
    while true {
      var least = 2 * parent + 1
      guard least < heap.count else { break }
      if least + 1 < heap.count, heap[least + 1].precedes(heap[least]) { least += 1 }
      guard heap[least].precedes(moving) else { break }
      heap[parent] = heap[least]
      parent = least
    }
    heap[parent] = moving
  }
}

private struct ScheduledEvent: BitwiseCopyable {
  let instant: Instant
  let order: UInt64
  let event: SimulatedEvent

  func precedes(_ other: ScheduledEvent) -> Bool {
    instant == other.instant ? order < other.order : instant < other.instant
  }
}
