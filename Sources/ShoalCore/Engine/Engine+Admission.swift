/// Letting newcomers in.
///
/// ```
/// hello ─▶ valid? ─▶ waits for the next batch ─▶ too many? redirect
///                                             ─▶ name held by somebody living? ask the holder ─▶ refuse
///                                             ─▶ grant: announced to all, then admitted
/// ```
extension Engine {
  /// Takes in a hello: refuses what cannot be, and lets the rest wait for the next batch.
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
    if phase == .joining {
      // It looks for a seed as we do, and found us.
      seeds.asksUs(wanted.endpoint, defers: record.id < wanted.id)
      if seeds.resolving.isEmpty, seeds.leaveFoundingToUs { foundCluster(now: now, into: &outbox) }
    }
    guard phase == .admitted else {
      refuse(id, .notAdmitted, into: &outbox)
      return
    }
    guard !isEvicted(peer) else {
      refuse(id, .evicted, into: &outbox)
      return
    }
    guard try sharesPolicy(&reader) else {
      refuse(id, .otherPolicy, into: &outbox)
      return
    }
    streams[id] = .waiting(newcomer: wanted, version: version)
    if uses(.batchedAnnouncements) {
      armAdmissions(now: now)
    } else {
      admitWaiting(now: now, into: &outbox)
    }
  }

  private mutating func armAdmissions(now: Now) {
    // Announcements that are late themselves make a mass join look like a rest.
    let isMassJoin = newcomers.inRow >= Newcomers.burst && areNewcomersArriving(now: now)
    let due = desk.nextBatch(
      now: now.monotonic, isBusy: isMassJoin || isBusy(now: now), members: table.livingCount,
      lateness: patience(now: now))
    if let due { timers.set(.admissions, at: due) }
  }

  /// Whether a process was evicted before it learned that it had been let in.
  private func isEvicted(_ id: NodeID) -> Bool {
    table.find(id).map { table.leaveReason($0) == .evicted } ?? table.isEvicted(id)
  }

  /// Whether a hello names our policy of coordination. One of us may take no part in it.
  private func sharesPolicy(_ reader: inout ByteReader) throws(WireError) -> Bool {
    while let field = try reader.nextField() {
      guard field.tag == FieldTag.policy, settings.isCoordinating else { continue }
      var content = ByteReader(field.bytes)
      return try content.readUInt64() == settings.coordinationRules
    }
    return true
  }

  /// Deals with everybody who waits: admits as many as may be at once, and sends the rest on, or all where that would be a few only.
  mutating func admitWaiting(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted else { return }
    desk.beginBatch(now: now.monotonic)
    let waiting = streams.waitingNewcomers
    let allowed = uses(.joinRedirect) ? desk.allowed(of: waiting.count, at: now.monotonic) : waiting.count
    // Whom one member lets in it announces to everybody at once: one that could let in a few of them leaves all to another.
    let isWorthwhile =
      allowed == waiting.count || allowed >= AdmissionDesk.smallestBatch || table.livingCount < EpochRoot.membersFrom
    if !isWorthwhile, redirect(waiting, now: now, into: &outbox) { return }
    for id in waiting.prefix(allowed) {
      desk.takeAllowance(at: now.monotonic)
      decide(on: id, now: now, into: &outbox)
    }
    announce(now: now, into: &outbox)
    let rest = Array(waiting.dropFirst(allowed))
    guard !rest.isEmpty, !isWorthwhile || !redirect(rest, now: now, into: &outbox) else { return }
    if uses(.batchedAnnouncements) {
      // Those who have just been admitted will have settled by then.
      armAdmissions(now: now)
      return
    }
    for id in rest { decide(on: id, now: now, into: &outbox) }
    announce(now: now, into: &outbox)
  }

  /// Grants or refuses, or first asks whether the holder of the wanted name still lives.
  private mutating func decide(on id: StreamID, now: Now, into outbox: inout Outbox) {
    guard case .waiting(let wanted, let version) = streams[id] else { return }
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
      // More than once: a holder that has only just joined does not know us yet, and a datagram may be lost.
      ping(
        holder, for: .nameHolder(id), timeout: settings.probeTimeout / 2, retries: 3, now: now, into: &outbox)
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
    announce(now: now, into: &outbox)
  }

  private mutating func grant(
    _ wanted: Record, supersedes: NodeID?, version: UInt8, on id: StreamID, now: Now, into outbox: inout Outbox
  ) {
    let granted = wanted.with(seniority: table.highestSeniority + 1, supersedes: .some(supersedes))
    newsSource = .admission
    newsTeller = wanted.id
    _ = apply(.alive(granted), spreads: true, isVerified: true, now: now, into: &outbox)
    newsSource = .here
    newsTeller = .unknown
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
}
