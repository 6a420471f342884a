package import ShoalCore

/// The latest events of all nodes, for a person who looks for the cause of a failure.
package struct EventLog {
  package struct Entry {
    package let instant: Instant
    /// The process that published it.
    package let observer: Int32
    package let kind: EventKind
    package let subject: NodeID
    package let incarnation: UInt64
  }

  private var entries: [Entry] = []
  private var oldest = 0

  /// At most so many events are kept; the oldest goes first.
  package static let limit = 65_536

  mutating func add(_ event: Event, by observer: Int32, at instant: Instant) {
    let member = event.member
    let entry = Entry(
      instant: instant, observer: observer, kind: event.kind, subject: member?.id ?? .unknown,
      incarnation: member?.incarnation ?? 0)
    if entries.count < Self.limit {
      entries.append(entry)
    } else {
      entries[oldest] = entry
      oldest = (oldest + 1) % Self.limit
    }
  }

  /// The last `count` events, oldest first, that `isWanted` picks.
  package func last(_ count: Int, where isWanted: (Entry) -> Bool) -> [Entry] {
    var picked: [Entry] = []
    for offset in entries.indices.reversed() where picked.count < count {
      let entry = entries[(oldest + offset) % entries.count]
      if isWanted(entry) { picked.append(entry) }
    }
    return picked.reversed()
  }
}
