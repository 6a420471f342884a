/// What the sealing layer needs to know of a sender before it opens a datagram.
package struct Peer: Sendable, BitwiseCopyable, Hashable {
  package var id: NodeID
  package var salt: UInt64
  package var isLiving: Bool
  /// Whether its record alone vouches for its salt: it cannot be one that was known here before and forgotten with all that was seen of
  /// it.
  package var isNeverForgotten: Bool

  package init(id: NodeID, salt: UInt64, isLiving: Bool, isNeverForgotten: Bool) {
    self.id = id
    self.salt = salt
    self.isLiving = isLiving
    self.isNeverForgotten = isNeverForgotten
  }
}
