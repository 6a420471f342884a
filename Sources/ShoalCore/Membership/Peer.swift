/// What the sealing layer needs to know of a sender before it opens a datagram.
package struct Peer: Sendable, BitwiseCopyable, Hashable {
  package var id: NodeID
  package var salt: UInt64
  package var isLiving: Bool

  package init(id: NodeID, salt: UInt64, isLiving: Bool) {
    self.id = id
    self.salt = salt
    self.isLiving = isLiving
  }
}
