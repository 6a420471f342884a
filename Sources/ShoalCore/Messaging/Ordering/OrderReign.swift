/// Under whom an order is given: two sides of a split may claim one epoch, never one epoch and one node.
package struct OrderReign: Hashable, Comparable, Sendable, BitwiseCopyable {
  package let epoch: UInt64
  package let sequencer: NodeID

  package init(epoch: UInt64, sequencer: NodeID) {
    self.epoch = epoch
    self.sequencer = sequencer
  }

  package static func < (left: OrderReign, right: OrderReign) -> Bool {
    left.epoch == right.epoch ? left.sequencer < right.sequencer : left.epoch < right.epoch
  }
}

/// Which reigns have made one order, and from which number on each: what tells whether a member's beginning is the beginning of another's.
struct OrderHistory: Equatable, Sendable {
  struct Segment: Equatable, Sendable, BitwiseCopyable {
    let reign: OrderReign
    /// The number of the first publication that it has sequenced itself.
    let first: UInt64
  }

  /// So many reigns are kept, the latest: who comes back after more has lost its place.
  static let limit = 32

  /// Oldest first.
  private(set) var segments: [Segment] = []

  init() {}

  init(segments: [Segment]) { self.segments = segments.suffix(Self.limit) }

  var isEmpty: Bool { segments.isEmpty }
  var last: OrderReign? { segments.last?.reign }

  mutating func begin(_ reign: OrderReign, first: UInt64) {
    if segments.count == Self.limit { segments.removeFirst() }
    segments.append(Segment(reign: reign, first: first))
  }

  /// Whether all up to `number`, as it was held under `reign`, is in this order as well.
  func contains(_ number: UInt64, of reign: OrderReign?) -> Bool {
    guard let place = segments.firstIndex(where: { $0.reign == reign }) else { return false }
    return segments[(place + 1)...].allSatisfy { number < $0.first }
  }
}
