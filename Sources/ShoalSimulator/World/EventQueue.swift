import ShoalCore

/// What will happen, earliest first: a binary heap. Events of the same instant come in the order in which they were added.
struct EventQueue {
  private var heap: [ScheduledEvent] = []
  private var nextOrder: UInt64 = 0

  var count: Int { heap.count }
  var nextInstant: Instant? { heap.first?.instant }

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

/// One thing that will happen in the world. Processes, machines and packets are named by their index.
enum SimulatedEvent: BitwiseCopyable {
  /// A process asked to be woken.
  case wake(process: Int32)
  /// A datagram reaches a machine.
  case packet(PacketID)
  /// A connection attempt reaches the machine that it dialled.
  case dialArrives(LinkID)
  /// The dialling side is done with its handshake.
  case dialerReady(LinkID)
  /// The accepting side has heard from the dialling side after the handshake.
  case acceptorReady(LinkID)
  /// The dialling driver's patience ends.
  case dialDeadline(LinkID)
  /// A frame reaches the dialling (`toDialer`) or the accepting side.
  case frame(LinkID, PacketID, toDialer: Bool)
  /// The end of a connection reaches one side.
  case linkEnds(LinkID, LinkEnd, toDialer: Bool)
  /// An answer of the host table.
  case resolved(process: Int32, raw: UInt64, machine: Int32)
  /// Checkers compare every view with what its events said.
  case checkpoint
}
