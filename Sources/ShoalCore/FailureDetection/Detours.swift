/// The members that lately answered through a helper or over TCP, but not to a ping of ours: a link is broken, not a member.
struct Detours {
  struct Entry {
    let id: NodeID
    /// The helper through which it answered; nil when it was over TCP.
    var helper: NodeID?
    /// Since when, wall milliseconds.
    let since: UInt64
  }

  /// At most so many are kept; the oldest goes first. It is there to be read by people.
  static let limit = 32

  private(set) var entries: [Entry] = []

  mutating func note(_ id: NodeID, via helper: NodeID?, wallMilliseconds: UInt64) {
    if let position = entries.firstIndex(where: { $0.id == id }) {
      entries[position].helper = helper
      return
    }
    if entries.count >= Self.limit { entries.removeFirst() }
    entries.append(Entry(id: id, helper: helper, since: wallMilliseconds))
  }

  mutating func remove(_ id: NodeID) {
    guard !entries.isEmpty else { return }
    entries.removeAll { $0.id == id }
  }

  subscript(id: NodeID) -> Entry? { entries.first { $0.id == id } }
}
