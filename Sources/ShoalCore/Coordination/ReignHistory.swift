/// A reign as one node has seen it: when it learned of it, and when and why it ended.
public struct PastReign: Sendable, Hashable {
  public let reign: Reign
  /// When this node learned of it, milliseconds since 1970.
  public let from: UInt64
  /// When this node learned that it is over; nil while it lasts.
  public internal(set) var until: UInt64?
  /// Why it ended; nil while it lasts.
  public internal(set) var end: ReignReason?

  package init(reign: Reign, from: UInt64, until: UInt64? = nil, end: ReignReason? = nil) {
    self.reign = reign
    self.from = from
    self.until = until
    self.end = end
  }
}

/// The latest reigns that this node has followed, oldest first.
struct ReignHistory {
  /// At most so many are kept; the oldest goes first.
  static let limit = 64

  private(set) var reigns: [PastReign]

  init(_ reigns: [PastReign] = []) { self.reigns = reigns.suffix(Self.limit) }

  mutating func begin(_ reign: Reign, wallMilliseconds: UInt64) {
    if reigns.count == Self.limit { reigns.removeFirst() }
    reigns.append(PastReign(reign: reign, from: wallMilliseconds))
  }

  mutating func end(for reason: ReignReason, wallMilliseconds: UInt64) {
    guard let last = reigns.indices.last, reigns[last].end == nil else { return }
    reigns[last].until = wallMilliseconds
    reigns[last].end = reason
  }
}
