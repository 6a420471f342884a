/// Letting newcomers in.
extension Engine {
  /// Answers a hello: admits, refuses, or first asks whether the holder of the wanted name still lives.
  mutating func admit(
    _ id: StreamID, peer: NodeID, versions: WireVersionRange, reader: inout ByteReader, now: Now,
    into outbox: inout Outbox
  ) throws(WireError) {
    guard let version = versions.common(with: record.versions) else {
      refuse(id, .noCommonVersion, into: &outbox)
      return
    }
    guard case .alive(let wanted)? = try reader.nextUpdate(), wanted.id == peer,
      Jump.isAcceptable(from: table.find(peer).map { table.incarnation($0) } ?? 0, to: wanted.incarnation)
    else {
      refuse(id, .invalidRecord, into: &outbox)
      return
    }
    if phase == .joining, isMutualSeed(wanted) { foundCluster(now: now, into: &outbox) }
    guard phase == .admitted else {
      refuse(id, .notAdmitted, into: &outbox)
      return
    }
    guard table.livingCount < settings.memberLimit else {
      refuse(id, .full, into: &outbox)
      return
    }
    guard let holder = table.livingNamesake(of: wanted) else {
      grant(
        wanted, supersedes: table.deadNamesake(of: wanted).map { table.id($0) }, version: version, on: id, now: now,
        into: &outbox)
      return
    }
    if table.endpoint(holder) == wanted.endpoint, holder != myIndex {
      // One port, one process: whoever held the name there is gone.
      grant(wanted, supersedes: table.id(holder), version: version, on: id, now: now, into: &outbox)
    } else if holder == myIndex || pending.isFull {
      refuse(id, holder == myIndex ? .nameTaken : .busy, into: &outbox)
    } else {
      streams[id] = .admitting(newcomer: wanted, version: version, holder: table.id(holder))
      ping(
        holder, for: .nameHolder(id), timeout: settings.probeTimeout * 2, now: now, into: &outbox)
    }
  }

  /// The holder of a wanted name lives.
  mutating func nameHolderAnswered(_ id: StreamID, into outbox: inout Outbox) {
    guard case .admitting = streams[id] else { return }
    refuse(id, .nameTaken, into: &outbox)
  }

  /// The holder of a wanted name has not answered: the newcomer takes its place.
  mutating func nameHolderSilent(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .admitting(let newcomer, let version, let holder) = streams[id], phase == .admitted else { return }
    grant(newcomer, supersedes: holder, version: version, on: id, now: now, into: &outbox)
  }

  private mutating func grant(
    _ wanted: Record, supersedes: NodeID?, version: UInt8, on id: StreamID, now: Now, into outbox: inout Outbox
  ) {
    let granted = wanted.with(seniority: table.highestSeniority + 1, supersedes: .some(supersedes))
    _ = apply(.alive(granted), spreads: true, isVerified: true, now: now, into: &outbox)
    guard let index = table.find(granted.id), table.incarnation(index) == granted.incarnation,
      table.status(index).isLiving
    else {
      // Known under a newer incarnation, or gone for good: it asks again under a higher one, or not at all.
      refuse(id, .busy, into: &outbox)
      return
    }
    counters.joinsAdmitted += 1
    streams[id] = .serving(peer: granted.id)
    let start = outbox.bytes.count
    FrameHeader.admitted(version: version).write(to: &outbox.bytes)
    outbox.bytes.writeField(FieldTag.update) { granted.write(to: &$0) }
    outbox.bytes.writeField(FieldTag.update) { record.write(to: &$0) }
    outbox.streamActions.append(.write(id, start..<outbox.bytes.count))
  }

  private mutating func refuse(_ id: StreamID, _ refusal: Refusal, into outbox: inout Outbox) {
    counters.joinsRefused += 1
    write(.refused(refusal), on: id, into: &outbox)
    drop(id, into: &outbox)
  }

  /// Two nodes that start at once and name each other as seeds: the one with the lower NodeID founds the cluster.
  private func isMutualSeed(_ wanted: Record) -> Bool {
    record.id < wanted.id && seeds.found.contains(wanted.endpoint)
  }
}
