/// A queue whose places can be looked at, and that lets go of what was taken from it at once: its elements may be large.
struct MessageQueue<Element> {
  private var places: [Element?] = []
  private var head = 0
  private(set) var count = 0

  /// An empty queue keeps room for so many; what a burst took beyond is given back.
  private static var keptCapacity: Int { 256 }

  var isEmpty: Bool { count == 0 }
  var first: Element? { isEmpty ? nil : places[head] }

  /// - Parameter position: 0 is the first; nil beyond the last.
  subscript(position: Int) -> Element? {
    guard position < count else { return nil }
    return places[(head + position) & (places.count - 1)]
  }

  mutating func append(_ element: Element) {
    if count == places.count { grow() }
    places[(head + count) & (places.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = places[head]
    places[head] = nil
    head = (head + 1) & (places.count - 1)
    count -= 1
    if count == 0, places.count > Self.keptCapacity {
      places = []
      head = 0
    }
    return element
  }

  /// Capacities are powers of two, so that places wrap by a mask.
  private mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(8, 2 * places.count))
    for position in 0..<count { larger.append(places[(head + position) & (places.count - 1)]) }
    while larger.count < max(8, 2 * places.count) { larger.append(nil) }
    places = larger
    head = 0
  }
}
