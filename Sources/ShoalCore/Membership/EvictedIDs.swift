/// The NodeIDs of evicted members whose tombstones are gone.
struct EvictedIDs {
  /// At most so many are remembered; the oldest goes first.
  static let limit = 16_384

  private var order = Fifo<NodeID>()
  // Looked up, never iterated.
  private var ids: Set<NodeID> = []

  func contains(_ id: NodeID) -> Bool { !ids.isEmpty && ids.contains(id) }

  mutating func insert(_ id: NodeID) {
    guard ids.insert(id).inserted else { return }
    order.append(id)
    if order.count > Self.limit, let oldest = order.popFirst() { ids.remove(oldest) }
  }
}
