/// Clients: processes that hold the key and talk to members without being one. They are in no view, and nobody watches over them.
///
/// ```
/// client ── client ───▶ member      no member's NodeID? room for one more?
/// client ◀── admitted ── member     or: ◀── refused
/// client ── channel ──▶ member      handed over: from here on the messenger says when it is gone
/// ```
extension Engine {
  /// Somebody wants to talk who is no member.
  mutating func admitClient(_ id: StreamID, peer: NodeID, versions: WireVersionRange, into outbox: inout Outbox) {
    if let refusal = refusal(ofClient: peer, versions: versions) {
      counters.clientsRefused += 1
      write(.refused(refusal), on: id, into: &outbox)
      drop(id, into: &outbox)
      return
    }
    streams[id] = .client(peer: peer)
    write(.admitted(version: versions.common(with: record.versions) ?? versions.lowest), on: id, into: &outbox)
  }

  private func refusal(ofClient peer: NodeID, versions: WireVersionRange) -> Refusal? {
    guard versions.common(with: record.versions) != nil else { return .noCommonVersion }
    guard phase == .admitted else { return .notAdmitted }
    // Also the dead and the departed: they may come back.
    guard table.find(peer) == nil else { return .memberIdentity }
    guard clients.contains(peer) || clients.count + streams.enteringClients < settings.clientLimit else {
      return .tooManyClients
    }
    return nil
  }

  /// A client that was let in has begun to talk.
  mutating func clientEntered(_ id: StreamID, peer: NodeID, hello: RawSpan, into outbox: inout Outbox) {
    // A member of this NodeID may have come meanwhile.
    guard phase == .admitted, table.find(peer) == nil else {
      counters.clientsRefused += 1
      drop(id, into: &outbox)
      return
    }
    streams[id] = nil
    if clients.insert(peer).inserted { counters.clientsAccepted += 1 }
    let start = outbox.bytes.count
    outbox.bytes.write(hello)
    outbox.handovers.append(.accepted(id, peer, hello: start..<outbox.bytes.count, isClient: true))
  }

  /// The messenger has ended the session with a client.
  package mutating func clientGone(_ peer: NodeID) { clients.remove(peer) }

  package func isClient(_ peer: NodeID) -> Bool { phase == .admitted && clients.contains(peer) }

  /// How many clients have sessions here.
  package var clientCount: Int { clients.count }

  /// One page of the living, for whoever asks for them; nothing but the fingerprint when that is what the asker has.
  package func rosterPage(for query: RosterQuery) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.write(fingerprint)
    guard query.cursor != 0 || query.fingerprint != fingerprint else { return bytes }
    appendPage(from: query.cursor, of: nil, to: &bytes)
    return bytes
  }
}
