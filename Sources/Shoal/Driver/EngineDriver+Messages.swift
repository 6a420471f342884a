import Logging
import ShoalCore

/// What the messenger beside an engine needs of it.
extension EngineDriver {
  var nodeID: NodeID { identity.id }
  var clusterID: String { configuration.clusterID }
  var messaging: MessagingConfiguration { configuration.core.messaging }
  var handlers: MessageHandlers { configuration.handlers }
  var isStandingStill: Bool { standstill != nil }

  func mayBeSentTo(_ peer: NodeID) -> Bool { engine.isLivingPeer(peer) || engine.isClient(peer) }

  func takesBroadcasts(from peer: NodeID) -> Bool { !engine.isClient(peer) }

  func ownEpoch(at now: Instant) -> UInt64? { read { $0.ownEpoch(at: now) } }

  func livingPeers() -> [NodeID] {
    var found: [NodeID] = []
    engine.forEachMember { if $0.status.isLiving, $0.id != identity.id { found.append($0.id) } }
    return found
  }

  func rosterPage(for query: RosterQuery) -> [UInt8]? { engine.rosterPage(for: query) }

  func openChannel(to peer: NodeID) {
    step { engine, now, outbox in engine.openChannel(to: peer, now: now, into: &outbox) }
  }

  func clientGone(_ peer: NodeID) {
    logger.info("client gone", metadata: ["node": "\(peer.short)"])
    step { engine, _, _ in engine.clientGone(peer) }
  }

  func publish(_ messaging: MessagingCounters, _ broadcasting: BroadcastCounters) {
    publisher.publish([]) {
      $0.messaging = messaging
      $0.broadcasting = broadcasting
    }
  }
}
