/// What a run takes of memory, roughly: enough to refuse one that no machine like this could hold.
package enum MemoryEstimate {
  /// A run in virtual time. Every node knows every other, and they share the members' records. Bytes.
  package static func simulated(nodes: Int) -> UInt64 { UInt64(nodes) * UInt64(nodes) * bytesPerKnownMember }

  /// A run with real nodes, each of which has buffers and tables of its own. Bytes.
  package static func loopback(nodes: Int) -> UInt64 {
    UInt64(nodes) * (bytesPerRealNode + UInt64(nodes) * bytesPerMemberOfRealNode)
  }

  /// What one node's knowledge of one member takes with everything around it: measured, and half as much again.
  private static let bytesPerKnownMember: UInt64 = 160

  // A line above `rss_bytes_per_node` of `shoal-bench converge --transport loopback`: 115 kB at N = 300, 222 kB at N = 1,000 and 1.05 MB at
  // N = 5,000.
  private static let bytesPerRealNode: UInt64 = 100_000
  private static let bytesPerMemberOfRealNode: UInt64 = 240
}
