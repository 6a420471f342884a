extension Engine {
  /// Takes in one datagram. `sender` has been authenticated; the bytes have not been looked at.
  ///
  /// News is applied before the answer is composed, so an ack already carries the refutation of what the ping accused.
  package mutating func receive(_ bytes: RawSpan, from sender: NodeID, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted || phase == .leaving else { return }
    counters.datagramsReceived += 1
    defer { settleCoordination(now: now, into: &outbox) }
    var reader = ByteReader(bytes)
    let header: DatagramHeader
    let fieldBytes: Int
    let differing: BucketSet?
    let wasDead = table.find(sender).map { table.status($0) == .dead } ?? false
    let incarnation = record.incarnation
    newsTeller = sender
    defer {
      newsSource = .here
      newsTeller = .unknown
    }
    do throws(WireError) {
      header = try DatagramHeader(from: &reader)
      fieldBytes = reader.remaining
      if header.type.isCoordination {
        takeCoordination(header, from: sender, now: now, into: &outbox)
        return
      }
      if header.type.isLease {
        try takeLease(header, &reader, from: sender, now: now, into: &outbox)
        return
      }
      if header.type.isShort, !isFresh(header, from: sender, now: now, into: &outbox) { return }
      if header.type == .entries {
        let head = try EntriesHead(from: &reader)
        if table.find(sender) != nil { heard(sender, now: now, into: &outbox) }
        _ = antiEntropy.observe(
          agrees: header.fingerprint == fingerprint, peerAge: header.age,
          isPatient: areNewcomersArriving(now: now), now: now.monotonic)
        try takeEntries(head, &reader, sequence: header.sequence, from: sender, now: now, into: &outbox)
        return
      }
      differing = header.type == .digest ? try table.digest.differences(from: &reader) : nil
      newsSource = NewsSource(header)
      while let field = try reader.nextField() {
        try take(field, from: sender, now: now, into: &outbox)
        if phase == .stopped { return }
      }
    } catch {
      if error == .unknownType { counters.rejectedUnknownType += 1 } else { counters.rejectedMalformedDatagram += 1 }
      return
    }
    newsSource = .here
    if header.type == .tree {
      let fields = bytes.extracting((bytes.byteCount - fieldBytes)...)
      passOn(fields, header: header, from: sender, now: now, into: &outbox)
      return
    }
    if header.type == .ack, acknowledged(header.sequence, by: sender, now: now, into: &outbox) { return }
    guard let index = table.find(sender), index != myIndex else {
      counters.rejectedUnknownSender += 1
      return
    }
    heard(sender, now: now, into: &outbox)
    if wasDead, table.status(index).isLiving { metAgain(index, now: now, into: &outbox) }
    if let differing {
      answerDigest(differingIn: differing, sequence: header.sequence, from: index, now: now, into: &outbox)
      return
    }
    answer(
      header, from: index, hasRefuted: record.incarnation != incarnation && isUsingTrees, now: now, into: &outbox)
  }

  /// Takes in one field of a datagram; unknown ones are of later versions, and are skipped.
  private mutating func take(
    _ field: borrowing ReceivedField, from sender: NodeID, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    let claim: Update.Claim
    switch field.tag {
    case FieldTag.update:
      let update = try ReceivedUpdate(from: field.bytes)
      claim = update.claim
      _ = try apply(update, spreads: true, isVerified: update.isRecord(of: sender), now: now, into: &outbox)
    case FieldTag.change:
      let change = try RecordChange(from: field.bytes)
      claim = change.claim
      try apply(change, now: now, into: &outbox)
    default: return
    }
    if case .handover = newsSource { gather(field, about: claim.id, now: now) }
  }

  private mutating func answer(
    _ header: DatagramHeader, from index: SlotIndex, hasRefuted: Bool, now: Now, into outbox: inout Outbox
  ) {
    switch header.type {
    case .ping:
      send(
        .ack, sequence: header.sequence, to: index, introducingMyself: hasRefuted, now: now, into: &outbox)
    case .pingRequest:
      relay(header, requester: index, now: now, into: &outbox)
      return
    case .nack:
      nacked(header.sequence, by: table.id(index), now: now, into: &outbox)
      return
    case .gossip, .tree, .treeAck, .digest, .entries, .coordinationQuery, .coordinationAnswer, .coordinationElection,
      .leaseRequest, .leaseAnswer, .leaseRelease:
      return
    case .ack: break
    }
    let agrees = header.fingerprint == fingerprint
    if agrees, header.coordinationFingerprint != UInt32(truncatingIfNeeded: coordinationFingerprint) {
      counters.coordinationPolicyMismatches += 1
    }
    let shouldRepair = antiEntropy.observe(
      agrees: agrees, peerAge: header.age, isPatient: areNewcomersArriving(now: now), now: now.monotonic)
    // Only an ack is evidence of a link that works both ways.
    if shouldRepair, header.type == .ack, table.status(index).isLiving {
      startRepair(with: index, now: now, into: &outbox)
    }
  }

  /// Finds what an ack was waited for. True when it was all the ack was good for.
  private mutating func acknowledged(
    _ sequence: UInt32, by sender: NodeID, now: Now, into outbox: inout Outbox
  ) -> Bool {
    if probeAnswered(sequence, by: sender, now: now, into: &outbox) { return false }
    guard let ping = pending.take(sequence: sequence, from: sender) else {
      // An answer that came too late for its probe still shows that the member lives, and hears us.
      if table.find(sender) != nil { answered(sender, now: now, into: &outbox) }
      return false
    }
    switch ping.purpose {
    case .relay(let requester, let theirs):
      if let index = table.find(requester) { send(.ack, sequence: theirs, to: index, now: now, into: &outbox) }
    case .nameHolder(let stream): nameHolderAnswered(stream, into: &outbox)
    case .hearsay(let stranger):
      _ = apply(.alive(stranger), spreads: true, isVerified: true, now: now, into: &outbox)
    case .rival:
      if sender == rival { yieldName(now: now, into: &outbox) }
    case .measurement(let token, let sentAt):
      measured(token, sentAt: sentAt, by: sender, now: now, into: &outbox)
    case .heal, .accused: break
    }
    return phase == .stopped
  }
}
