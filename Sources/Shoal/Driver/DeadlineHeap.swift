package import ShoalCore

/// One deadline for each of many owners, and which of them comes first: a binary heap that knows where everybody's is.
package struct DeadlineHeap {
  private struct Entry: BitwiseCopyable {
    var deadline: Instant
    var owner: Int
  }

  private var heap: [Entry] = []
  /// Where in the heap an owner's deadline is; `none` for one without any.
  private var positions: [Int] = []
  private static let none = -1

  package init() {}

  package var first: Instant? { heap.first?.deadline }

  package func deadline(of owner: Int) -> Instant? {
    let position = position(of: owner)
    return position == Self.none ? nil : heap[position].deadline
  }

  /// - Parameters:
  ///   - owner: a small number from 0 on.
  ///   - deadline: takes the place of the one it has.
  package mutating func set(_ owner: Int, to deadline: Instant) {
    while positions.count <= owner { positions.append(Self.none) }
    var position = positions[owner]
    if position == Self.none {
      position = heap.count
      positions[owner] = position
      heap.append(Entry(deadline: deadline, owner: owner))
    } else {
      heap[position].deadline = deadline
    }
    settle(position)
  }

  package mutating func remove(_ owner: Int) {
    let position = position(of: owner)
    guard position != Self.none else { return }
    positions[owner] = Self.none
    let last = heap.removeLast()
    guard position < heap.count else { return }
    heap[position] = last
    positions[last.owner] = position
    settle(position)
  }

  /// Takes the earliest deadline if its time has come, and returns whose it is.
  package mutating func popDue(at now: Instant) -> Int? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    remove(first.owner)
    return first.owner
  }

  private func position(of owner: Int) -> Int { owner < positions.count ? positions[owner] : Self.none }

  private mutating func settle(_ start: Int) {
    var position = start
    while position > 0, case let parent = (position - 1) / 2, heap[position].deadline < heap[parent].deadline {
      swap(position, parent)
      position = parent
    }
    while true {
      var least = position
      let left = 2 * position + 1
      if left < heap.count, heap[left].deadline < heap[least].deadline { least = left }
      if left + 1 < heap.count, heap[left + 1].deadline < heap[least].deadline { least = left + 1 }
      guard least != position else { return }
      swap(position, least)
      position = least
    }
  }

  private mutating func swap(_ one: Int, _ other: Int) {
    heap.swapAt(one, other)
    positions[heap[one].owner] = one
    positions[heap[other].owner] = other
  }
}
