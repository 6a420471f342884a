/// How much an engine holds, for whoever checks that nothing in it grows without bound.
package struct Footprint: Sendable, Hashable {
  package var living: Int
  /// Dead and left members that are remembered.
  package var tombstones: Int
  package var timers: Int
  package var pendingPings: Int
  /// Entries of the dissemination queue, stale ones included.
  package var queuedUpdates: Int
  package var streams: Int
  package var suspicions: Int
  /// Versions of metadata that are wanted.
  package var metadataPulls: Int
  /// Those being pulled.
  package var activeMetadataPulls: Int

  package init(
    living: Int, tombstones: Int, timers: Int, pendingPings: Int, queuedUpdates: Int, streams: Int, suspicions: Int,
    metadataPulls: Int = 0, activeMetadataPulls: Int = 0
  ) {
    self.living = living
    self.tombstones = tombstones
    self.timers = timers
    self.pendingPings = pendingPings
    self.queuedUpdates = queuedUpdates
    self.streams = streams
    self.suspicions = suspicions
    self.metadataPulls = metadataPulls
    self.activeMetadataPulls = activeMetadataPulls
  }
}

extension Engine {
  /// What the engine holds now. O(1).
  package var footprint: Footprint {
    Footprint(
      living: livingCount, tombstones: burials.count, timers: timers.count, pendingPings: pending.entries.count,
      queuedUpdates: queue.count, streams: streams.count, suspicions: suspicions.count,
      metadataPulls: pulls.count, activeMetadataPulls: pulls.activeCount)
  }

  /// The version of its own record that this node has reached.
  package var ownIncarnation: UInt64 { record.incarnation }
}
