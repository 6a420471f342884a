/// A few NodeIDs in the order in which they came, without an array of their own: nothing is allocated.
package struct NodeIDList: Sendable, BitwiseCopyable, RandomAccessCollection {
  /// At most so many are kept; further ones are not taken. As many as a probe may have helpers.
  package static let limit = 16

  private typealias Four = (NodeID, NodeID, NodeID, NodeID)
  private typealias Storage = (Four, Four, Four, Four)

  private var storage: Storage = Self.vacant
  package private(set) var count = 0

  private static let vacant: Storage = {
    let four: Four = (.unknown, .unknown, .unknown, .unknown)
    return (four, four, four, four)
  }()

  package init() {}

  package var startIndex: Int { 0 }
  package var endIndex: Int { count }

  package subscript(position: Int) -> NodeID {
    precondition((0..<count).contains(position), "beyond the end of a list of NodeIDs")
    // Safe: the storage is sixteen NodeIDs in a row, bitwise copyable, and the position is below their number.
    return unsafe withUnsafeBytes(of: storage) { bytes in
      unsafe bytes.load(fromByteOffset: position * MemoryLayout<NodeID>.stride, as: NodeID.self)
    }
  }

  package mutating func append(_ id: NodeID) {
    guard count < Self.limit else { return }
    let position = count
    // Safe: as above.
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      unsafe bytes.storeBytes(of: id, toByteOffset: position * MemoryLayout<NodeID>.stride, as: NodeID.self)
    }
    count += 1
  }
}
