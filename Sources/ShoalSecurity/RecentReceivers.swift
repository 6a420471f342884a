/// To whom this node has sealed a datagram lately: only they have cause to ask it for proof.
///
/// A direct-mapped table of handles: a later receiver may take the place of an earlier one, who then asks again after
/// our next datagram. Nothing is allocated after the start.
struct RecentReceivers {
  static let limit = 128

  private var handles = [UInt64](repeating: 0, count: RecentReceivers.limit)

  mutating func note(_ handle: UInt64) { handles[Self.place(handle)] = handle }

  func contains(_ handle: UInt64) -> Bool { handles[Self.place(handle)] == handle }

  /// Handles are random, so their low bits spread well; the lowest one is always set in a NodeID.
  private static func place(_ handle: UInt64) -> Int { Int((handle >> 1) % UInt64(limit)) }
}
