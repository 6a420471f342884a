/// The metadata that is at hand: this node's own, and what was pulled. Beside the member table, for members with metadata only.
struct MetadataStore {
  private struct Holding {
    var owner: NodeID
    var stamp: MetadataStamp
    var bytes: [UInt8]
  }

  /// In no particular, yet reproducible order.
  private var holdings: [Holding] = []
  // Looked up, never iterated.
  private var positions: [NodeID: Int] = [:]
  /// How many bytes of metadata are held in all.
  private(set) var byteCount = 0

  func stamp(of owner: NodeID) -> MetadataStamp? { positions[owner].map { holdings[$0].stamp } }

  /// Whose metadata is held at a position below their number; nil beyond. Removing one puts another in its place.
  func owner(at position: Int) -> NodeID? { position < holdings.count ? holdings[position].owner : nil }

  func bytes(of owner: NodeID) -> [UInt8]? { positions[owner].map { holdings[$0].bytes } }

  /// How many bytes of one owner are held.
  func byteCount(of owner: NodeID) -> Int { positions[owner].map { holdings[$0].bytes.count } ?? 0 }

  /// Keeps one version, in place of whatever was held of the same owner.
  mutating func keep(_ bytes: [UInt8], as stamp: MetadataStamp, of owner: NodeID) {
    byteCount += bytes.count - byteCount(of: owner)
    if let position = positions[owner] {
      holdings[position].stamp = stamp
      holdings[position].bytes = bytes
    } else {
      positions[owner] = holdings.count
      holdings.append(Holding(owner: owner, stamp: stamp, bytes: bytes))
    }
  }

  mutating func remove(_ owner: NodeID) {
    guard let position = positions.removeValue(forKey: owner) else { return }
    byteCount -= holdings[position].bytes.count
    let last = holdings.removeLast()
    guard position < holdings.count else { return }
    holdings[position] = last
    positions[last.owner] = position
  }
}
