/// An order-independent 64-bit hash of a living view, kept incrementally: equal views have equal fingerprints.
///
/// It is the sum of one hash per member, so that adding and removing a member costs one addition. Sums wrap.
package struct Fingerprint: Hashable, Sendable, BitwiseCopyable {
  package private(set) var value: UInt64 = 0

  package init() {}

  /// Adds what one member contributes.
  package mutating func insert(_ contribution: UInt64) { value &+= contribution }

  /// Takes back what one member contributed.
  package mutating func remove(_ contribution: UInt64) { value &-= contribution }

  /// What a living record contributes to the fingerprint of membership. Suspect counts as alive.
  package static func contribution(of record: Record) -> UInt64 {
    StableHash.combine(StableHash.combine(StableHash.finalize(record.id.high), record.id.low), record.incarnation)
  }

  /// What a living record that may coordinate contributes to the fingerprint of coordination: all that a policy may know of it.
  package static func coordinationContribution(of record: Record) -> UInt64 {
    let identity = StableHash.combine(StableHash.finalize(~record.id.high), record.id.low)
    return StableHash.combine(StableHash.combine(identity, record.seniority), record.nameHash)
  }
}
