package import ShoalCore

/// How large an engine may become, and how much it may send, by what it knows.
package enum SizeBounds {
  /// Timers are never cancelled, so a stale one may stand beside each one that counts: for each member known a few of suspicion and
  /// relays, for each stream one, and some of the node's own.
  package static let timersPerMember = 24
  package static let timersOfItsOwn = 256
  /// Each member has at most one entry in the queue that counts; stale ones are swept when they are as many again.
  package static let queuedPerMember = 4
  package static let queuedOfItsOwn = 128
  /// As many connections as a mass join through one seed may open.
  package static let streams = 1_024
  package static let pendingPings = 256
  /// Pulls of metadata under way.
  package static let metadataPulls = 8

  /// Says what is too large.
  package static func check(_ footprint: Footprint, tombstoneLimit: Int) -> Finding? {
    let known = footprint.living + footprint.tombstones
    let bounds: [(what: String, size: Int, bound: Int)] = [
      ("timers", footprint.timers, timersOfItsOwn + timersPerMember * known + 2 * footprint.streams),
      ("pending pings", footprint.pendingPings, pendingPings),
      ("queued updates", footprint.queuedUpdates, queuedOfItsOwn + queuedPerMember * known),
      ("streams", footprint.streams, streams),
      ("suspicions", footprint.suspicions, known),
      ("wanted versions of metadata", footprint.metadataPulls, known),
      ("pulls of metadata", footprint.activeMetadataPulls, metadataPulls),
      // The order of burial may hold some that have come back since.
      ("tombstones", footprint.tombstones, tombstoneLimit),
    ]
    guard let broken = bounds.first(where: { $0.size > $0.bound }) else { return nil }
    return Finding(
      invariant: .withinBounds, sentence: "it holds \(broken.size) \(broken.what), over its bound of \(broken.bound)")
  }

  /// What a node may send of itself in a second, beside one answer to each packet that it got: probes, their helpers and retries,
  /// gossip at its interval, a farewell or a tree's fan-out; then for each member a suspicion's probes four times a second, and the
  /// branches of two trees, its accusation's and its refutation's, with their retries.
  package static let packetsOfItsOwn: UInt64 = 256
  package static let packetsPerMember: UInt64 = 24
  /// Where members are probed more often than once a second, suspicions are looked at more often as well.
  package static let packetsPerMemberInHaste: UInt64 = 36

  package static func check(
    sent: UInt64, received: UInt64, members: Int, seconds: UInt64, probeInterval: Duration = .seconds(1)
  ) -> Finding? {
    let perMember = probeInterval < .seconds(1) ? packetsPerMemberInHaste : packetsPerMember
    let bound = received + seconds * (packetsOfItsOwn + perMember * UInt64(members))
    guard sent > bound else { return nil }
    return Finding(
      invariant: .withinBudget,
      sentence: "it sent \(sent) packets in \(seconds) s after \(received) it got, over \(bound)")
  }
}
