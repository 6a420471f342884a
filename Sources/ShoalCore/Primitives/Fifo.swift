/// A queue in an array, taken from the front: what waits behind costs a removal nothing.
package struct Fifo<Element> {
  private var elements: [Element] = []
  private var head = 0

  /// An empty queue keeps room for so many; more is given back, so that the memory of a burst does not stay. So many may have been
  /// taken before the others move up.
  private static var keptCapacity: Int { 64 }

  package init() {}

  package var count: Int { elements.count - head }
  package var isEmpty: Bool { head == elements.count }
  package var first: Element? { isEmpty ? nil : elements[head] }

  /// - Parameter position: 0 is the first.
  package subscript(position: Int) -> Element { elements[head + position] }

  package mutating func append(_ element: Element) { elements.append(element) }

  package mutating func popFirst() -> Element? {
    guard let first else { return nil }
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: elements.capacity <= Self.keptCapacity)
      head = 0
    } else if head > Self.keptCapacity, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }

  package func forEach(_ body: (Element) -> Void) { elements[head...].forEach(body) }

  package mutating func removeAll(where isRemoved: (Element) -> Bool) {
    elements.removeFirst(head)
    head = 0
    elements.removeAll(where: isRemoved)
  }
}

extension Fifo: Sendable where Element: Sendable {}
