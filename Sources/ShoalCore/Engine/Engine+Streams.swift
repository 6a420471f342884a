/// What comes in on streams, sorted by what each stream is for.
extension Engine {
  /// A stream is ready in both directions; `peer` has been authenticated.
  package mutating func streamOpened(
    _ id: StreamID, peer: NodeID, inbound: Bool, now: Now, into outbox: inout Outbox
  ) {
    defer { settleCoordination(now: now, into: &outbox) }
    guard phase != .stopped, phase != .idle else {
      outbox.streamActions.append(.close(id))
      return
    }
    counters.streamsOpened += 1
    if inbound {
      guard streams.count < settings.streamLimit, peer != record.id else {
        if peer != record.id { counters.rejectedOverLimit += 1 }
        outbox.streamActions.append(.close(id))
        return
      }
      streams[id] = .accepted(peer: peer)
      timers.set(.stream, key: id.raw, at: now.monotonic + settings.joinTimeout + patience(now: now))
      return
    }
    switch streams[id] {
    case .dialing(let seed): seedOpened(id, seed: seed, peer: peer, now: now, into: &outbox)
    case .dialingRepair(let expected):
      // A seed that turns out to be a living member under another address is not lost.
      let isFound = expected == .unknown && table.find(peer).map { table.status($0).isLiving } == true
      guard expected == .unknown || expected == peer, peer != record.id, !isFound else {
        drop(id, into: &outbox)
        repairEnded(id, now: now)
        return
      }
      beginRepair(id, peer: peer, into: &outbox)
    case .probing: probeStreamOpened(id, now: now, into: &outbox)
    case .dialingMetadata(let owner, let source): requestMetadata(of: owner, from: source, on: id, into: &outbox)
    case .dialingChannel: channelOpened(id, peer: peer, into: &outbox)
    case .standby, .asking, .pulling, .comparing, .repairing, .accepted, .waiting, .admitting, .serving,
      .pullingMetadata, .servingMetadata, .awaitingMetadata, .client, nil:
      drop(id, into: &outbox)
    }
  }

  /// One frame has come in.
  package mutating func streamReceived(
    _ id: StreamID, frame: RawSpan, now: Now, into outbox: inout Outbox
  ) {
    defer { settleCoordination(now: now, into: &outbox) }
    guard let role = streams[id] else { return }
    do throws(WireError) {
      var reader = ByteReader(frame)
      let header = try FrameHeader(from: &reader)
      if case .channel = header, case .accepted(let peer) = role {
        channelAccepted(id, peer: peer, hello: frame, into: &outbox)
        return
      }
      if case .channel = header, case .client(let peer) = role {
        clientEntered(id, peer: peer, hello: frame, into: &outbox)
        return
      }
      try handle(header, role: role, on: id, reader: &reader, now: now, into: &outbox)
    } catch {
      counters.rejectedMalformedFrame += 1
      // What came before the fault may have changed what the stream is for.
      let role = streams[id] ?? role
      drop(id, into: &outbox)
      ended(id, role: role, failure: .reset, now: now, into: &outbox)
    }
  }

  /// A stream has ended, or a dial has failed.
  package mutating func streamClosed(
    _ id: StreamID, failure: StreamFailure, now: Now, into outbox: inout Outbox
  ) {
    defer { settleCoordination(now: now, into: &outbox) }
    guard let role = streams[id] else { return }
    streams[id] = nil
    if failure != .closedByPeer { counters.streamsFailed += 1 }
    ended(id, role: role, failure: failure, now: now, into: &outbox)
  }

  /// A stream has lived for as long as any exchange may take.
  mutating func streamExpired(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard let role = streams[id] else { return }
    counters.streamsFailed += 1
    drop(id, into: &outbox)
    ended(id, role: role, failure: .timedOut, now: now, into: &outbox)
  }

  private mutating func handle(
    _ header: FrameHeader, role: StreamRole, on id: StreamID, reader: inout ByteReader, now: Now,
    into outbox: inout Outbox
  ) throws(WireError) {
    switch (header, role) {
    case (.hello(let versions), .accepted(let peer)):
      try admit(id, peer: peer, versions: versions, reader: &reader, now: now, into: &outbox)
    case (.admitted, .asking(let seed, let peer)):
      try seedAdmitted(id, seed: seed, peer: peer, reader: &reader, now: now, into: &outbox)
    case (.refused(let refusal), .asking(let seed, let peer)):
      seedRefused(id, seed: seed, peer: peer, refusal: refusal, now: now, into: &outbox)
    case (.redirect, .asking): try seedRedirected(id, reader: &reader, now: now, into: &outbox)
    case (.pageRequest(let cursor), .serving): writePage(from: cursor, on: id, of: nil, into: &outbox)
    case (.pageRequest(let cursor), .repairing(_, _, _, _, let buckets)):
      writePage(from: cursor, on: id, of: buckets, into: &outbox)
    case (.page(let next), .pulling):
      try takeUpdates(&reader, on: id, from: role.peer, spreads: false, now: now, into: &outbox)
      if next != 0 {
        write(.pageRequest(cursor: next), on: id, into: &outbox)
      } else {
        drop(id, into: &outbox)
        joinEnded(id, now: now, into: &outbox)
      }
    case (.repair, .accepted(let peer)): serveRepair(id, peer: peer, into: &outbox)
    case (.digest(let digest), .accepted(let peer)):
      serveRepair(id, peer: peer, digest: digest, into: &outbox)
    case (.buckets(let set), .comparing(let peer)): repairBuckets(set, on: id, peer: peer, into: &outbox)
    case (.page(let next), .repairing):
      try takeUpdates(&reader, on: id, from: role.peer, spreads: true, now: now, into: &outbox)
      if next != 0 {
        write(.pageRequest(cursor: next), on: id, into: &outbox)
      } else {
        repairPulled(id, now: now, into: &outbox)
      }
    case (.updates, .pulling), (.updates, .repairing), (.updates, .serving):
      try takeUpdates(&reader, on: id, from: role.peer, spreads: true, now: now, into: &outbox)
    case (.metadataRequest(let request), .accepted), (.metadataRequest(let request), .servingMetadata):
      serveMetadata(request, to: role.peer, on: id, into: &outbox)
    case (.metadataChunk(let head), .pullingMetadata(let owner, let peer)):
      try takeChunk(head, of: owner, from: peer, on: id, reader: &reader, now: now, into: &outbox)
    case (.metadataAbsent, .pullingMetadata(let owner, _)):
      drop(id, into: &outbox)
      pullFailed(owner, on: id, now: now, into: &outbox)
    case (.client(let versions), .accepted(let peer)):
      admitClient(id, peer: peer, versions: versions, into: &outbox)
    case (.done, .repairing): repairServed(id, now: now, into: &outbox)
    default: throw .malformed
    }
  }

  /// Applies the updates of a frame, and tells the peer what we hold dead that it offered as alive.
  private mutating func takeUpdates(
    _ reader: inout ByteReader, on id: StreamID, from peer: NodeID, spreads: Bool, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    var contradicted: [SlotIndex] = []
    var evicted: [Update.Claim] = []
    // A newcomer's pages are known to everybody else.
    newsSource = spreads ? .repair : .tree
    newsTeller = spreads ? peer : .unknown
    defer {
      newsSource = .here
      newsTeller = .unknown
    }
    while let update = try reader.nextReceivedUpdate() {
      let isContradicted = try apply(
        update, spreads: spreads, isVerified: update.isRecord(of: peer), now: now, into: &outbox)
      guard phase != .stopped else { return }
      guard isContradicted else { continue }
      if let index = table.find(update.claim.id) {
        contradicted.append(index)
      } else {
        evicted.append(update.claim)
      }
    }
    guard !contradicted.isEmpty || !evicted.isEmpty else { return }
    let start = outbox.bytes.count
    FrameHeader.updates.write(to: &outbox.bytes)
    for index in contradicted where outbox.bytes.count - start < settings.pageBytes {
      outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
    }
    for claim in evicted where outbox.bytes.count - start < settings.pageBytes {
      outbox.bytes.writeField(FieldTag.update) { Self.writeEviction(of: claim.id, claim.incarnation, to: &$0) }
    }
    outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
  }

  private mutating func ended(
    _ id: StreamID, role: StreamRole, failure: StreamFailure, now: Now, into outbox: inout Outbox
  ) {
    guard phase != .stopped else { return }
    switch role {
    case .dialing(let seed), .standby(let seed, _), .asking(let seed, _):
      seedFailed(seed, failure: failure, now: now, into: &outbox)
    case .pulling: joinEnded(id, now: now, into: &outbox)
    case .dialingRepair, .comparing, .repairing: repairEnded(id, now: now)
    case .probing: probeStreamClosed(id, failure: failure, now: now, into: &outbox)
    case .dialingMetadata(let owner, _), .pullingMetadata(let owner, _):
      pullFailed(owner, on: id, now: now, into: &outbox)
    case .dialingChannel(let peer): outbox.handovers.append(.failed(peer))
    case .accepted, .waiting, .admitting, .serving, .servingMetadata, .awaitingMetadata, .client: break
    }
  }

  // MARK: Writing

  /// Appends one frame: its fixed part, then whatever `fields` writes.
  mutating func write(
    _ header: FrameHeader, on id: StreamID, into outbox: inout Outbox, fields: (inout [UInt8]) -> Void = { _ in }
  ) {
    let start = outbox.bytes.count
    header.write(to: &outbox.bytes)
    fields(&outbox.bytes)
    outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
  }

  /// Closes a stream from our side and forgets it.
  mutating func drop(_ id: StreamID, into outbox: inout Outbox) {
    streams[id] = nil
    outbox.streamActions.append(.close(id))
  }
}
