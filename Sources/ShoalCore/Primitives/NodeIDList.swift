/// A few NodeIDs in the order in which they came, without an array of their own: nothing is allocated.
package struct NodeIDList<Room: NodeIDRoom>: Sendable, BitwiseCopyable, RandomAccessCollection {
  /// At most so many are kept; further ones are not taken.
  package static var limit: Int { MemoryLayout<Room>.size / MemoryLayout<NodeID>.stride }

  private var room = Room()
  package private(set) var count = 0

  package init() {}

  /// The first of `ids`, as many as there is room for.
  package init(_ ids: some Sequence<NodeID>) {
    for id in ids { append(id) }
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { count }

  package subscript(position: Int) -> NodeID {
    precondition((0..<count).contains(position), "beyond the end of a list of NodeIDs")
    // Safe: the room is NodeIDs in a row, bitwise copyable, and the position is below their number.
    return unsafe withUnsafeBytes(of: room) { bytes in
      unsafe bytes.load(fromByteOffset: position * MemoryLayout<NodeID>.stride, as: NodeID.self)
    }
  }

  package mutating func append(_ id: NodeID) {
    guard count < Self.limit else { return }
    let position = count
    // Safe: as above.
    unsafe withUnsafeMutableBytes(of: &room) { bytes in
      unsafe bytes.storeBytes(of: id, toByteOffset: position * MemoryLayout<NodeID>.stride, as: NodeID.self)
    }
    count += 1
  }
}

extension NodeIDList: Hashable {
  package static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for id in self { hasher.combine(id) }
  }
}

/// As many NodeIDs in a row as a list has room for, and nothing else.
package protocol NodeIDRoom: Sendable, BitwiseCopyable {
  /// Holds `.unknown` everywhere.
  init()
}

/// Room for everybody that evidence may name besides its accuser.
package struct RoomForFive: NodeIDRoom {
  private var ids = (NodeID.unknown, NodeID.unknown, NodeID.unknown, NodeID.unknown, NodeID.unknown)
  package init() {}
}

/// Room for as many helpers as a probe may have.
package struct RoomForSixteen: NodeIDRoom {
  private typealias Four = (NodeID, NodeID, NodeID, NodeID)
  private static var four: Four { (.unknown, .unknown, .unknown, .unknown) }

  private var ids = (four, four, four, four)
  package init() {}
}
