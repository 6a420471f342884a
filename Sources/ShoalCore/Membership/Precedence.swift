/// What two claims about one member are compared by: (final, incarnation, rank). The greater one holds.
///
/// Merging by the greater precedence is commutative, associative and idempotent, so views converge whatever the order,
/// and however often, news arrives. (SWIM §4.2, with `left` made final.)
package struct Precedence: Hashable, Comparable, Sendable, BitwiseCopyable {
  package let isFinal: Bool
  package let incarnation: UInt64
  package let rank: UInt8

  package init(status: MemberStatus, incarnation: UInt64) {
    isFinal = status == .left
    // Nothing outranks another within left: the first one heard stays.
    self.incarnation = status == .left ? 0 : incarnation
    rank = status == .left ? 0 : status.rawValue
  }

  package static func < (left: Precedence, right: Precedence) -> Bool {
    if left.isFinal != right.isFinal { return right.isFinal }
    return (left.incarnation, left.rank) < (right.incarnation, right.rank)
  }
}

/// Numbers that only rise must not be driven to their end by one bad packet.
package enum Jump {
  /// A received number this far above the known one is refused and counted.
  package static let limit: UInt64 = 1 << 32

  package static func isAcceptable(from known: UInt64, to received: UInt64) -> Bool {
    received <= known || received - known <= limit
  }
}
