/// Entering a cluster through any of the seeds, and finding seeds again that were lost.
extension Engine {
  /// Begins a round: every seed is resolved anew and all are dialled at once; the first that answers is asked.
  mutating func searchSeeds(now: Now, into outbox: inout Outbox) {
    seeds.nextRound = nil
    guard phase == .joining || phase == .admitted, seeds.resolving.isEmpty, !isAskingSeeds else { return }
    seeds.beginRound()
    if phase == .joining { counters.joinAttempts += 1 }
    for address in seeds.addresses {
      switch address {
      case .endpoint(let endpoint): found(endpoint, seed: address.description, now: now, into: &outbox)
      case .host(let host, let port):
        let id = seeds.drawResolveID()
        seeds.resolving.append((id, address.description))
        outbox.streamActions.append(.resolve(id, host: host, port: port))
      }
    }
    endRoundIfOver(now: now, into: &outbox)
  }

  /// Looks for seeds again: by a timer, or in a member's probe period, since it need not be woken for it.
  mutating func searchSeedsIfDue(now: Now, into outbox: inout Outbox) {
    guard let due = seeds.nextRound, due <= now.monotonic else { return }
    searchSeeds(now: now, into: &outbox)
  }

  /// The answer to a look-up; no endpoints when the name did not resolve.
  package mutating func resolved(_ id: ResolveID, endpoints: [Endpoint], now: Now, into outbox: inout Outbox) {
    defer { settleCoordination(now: now, into: &outbox) }
    guard let position = seeds.resolving.firstIndex(where: { $0.id == id }) else { return }
    let seed = seeds.resolving.remove(at: position).seed
    if endpoints.isEmpty, phase == .joining {
      outbox.events.append(.joinFailed(JoinFailure(seed: seed, cause: .unresolvable)))
    }
    for endpoint in endpoints { found(endpoint, seed: seed, now: now, into: &outbox) }
    endRoundIfOver(now: now, into: &outbox)
  }

  /// - Parameter seed: as the user wrote it; made up only when it is dialled.
  private mutating func found(
    _ endpoint: Endpoint, seed: @autoclosure () -> String, now: Now, into outbox: inout Outbox
  ) {
    guard endpoint != record.endpoint else {
      seeds.selves += 1
      return
    }
    guard !seeds.found.contains(endpoint), seeds.found.count < SeedSearch.dialLimit else { return }
    seeds.found.append(endpoint)
    if phase == .admitted {
      guard !holdsLivingSeed(endpoint) else { return }
      dialRepair(endpoint, peer: .unknown, now: now, into: &outbox)
      return
    }
    let id = streams.drawID()
    streams[id] = .dialing(seed: DialledSeed(address: seed(), endpoint: endpoint))
    timers.set(.stream, key: id.raw, at: now.monotonic + seeds.patience(settings.joinTimeout))
    outbox.streamActions.append(.dial(id, endpoint, expected: .unknown))
  }

  /// Whether a living member has this address. O(members).
  func holdsLiving(_ endpoint: Endpoint) -> Bool {
    table.living.contains { table.endpoint($0) == endpoint }
  }

  /// The same for an address that is asked about again and again: whoever had it in the round before has it still, or all are
  /// looked through.
  private mutating func holdsLivingSeed(_ endpoint: Endpoint) -> Bool {
    if let holder = seeds.holders[endpoint], let index = table.find(holder), table.status(index).isLiving,
      table.endpoint(index) == endpoint
    {
      return true
    }
    guard let index = table.living.first(where: { table.endpoint($0) == endpoint }) else { return false }
    seeds.noteHolder(table.id(index), of: endpoint)
    return true
  }

  /// Founds the cluster if every other seed leaves that to us. Otherwise, ends a round in which nothing is under way any more: this
  /// node is the first of its cluster when every seed is itself; else another round follows.
  mutating func endRoundIfOver(now: Now, into outbox: inout Outbox) {
    if phase == .joining, seeds.resolving.isEmpty, seeds.leaveFoundingToUs {
      foundCluster(now: now, into: &outbox)
      return
    }
    guard seeds.resolving.isEmpty, !isAskingSeeds else { return }
    switch phase {
    case .joining:
      if seeds.found.isEmpty, seeds.selves > 0 || seeds.addresses.isEmpty {
        foundCluster(now: now, into: &outbox)
      } else {
        planRound(in: seeds.nextWait(random: &random), isWoken: true, now: now)
      }
    case .admitted:
      guard !seeds.addresses.isEmpty else { return }
      // What this round has dialled ends before the next one begins.
      let wait = max(seeds.nextWait(random: &random), settings.joinTimeout)
      planRound(in: wait, isWoken: wait < settings.probeInterval, now: now)
    case .idle, .leaving, .stopped: break
    }
  }

  /// - Parameter isWoken: whether no probe period comes in time to begin the round.
  private mutating func planRound(in wait: Nanoseconds, isWoken: Bool, now: Now) {
    let due = now.monotonic + wait
    seeds.nextRound = due
    if isWoken { timers.set(.seeds, at: due) }
  }

  /// Becomes the first member of a cluster.
  mutating func foundCluster(now: Now, into outbox: inout Outbox) {
    // One above what any seed may have granted in the rounds before, so that nobody knows another record of this version.
    enter(
      as: record.with(incarnation: seeds.asked + 1, seniority: 1), now: now, into: &outbox)
    outbox.events.append(.admitted(myself, founded: true))
    closeSearch(except: nil, into: &outbox)
    seeds.resetBackoff()
    endRoundIfOver(now: now, into: &outbox)
  }

  /// Whether a connection of this round is still being made or used.
  var isAskingSeeds: Bool {
    streams.entries.contains {
      switch $0.role {
      case .dialing, .standby, .asking, .pulling: true
      case .dialingRepair, .comparing, .repairing, .probing, .accepted, .waiting, .admitting, .serving,
        .dialingMetadata, .pullingMetadata, .servingMetadata, .awaitingMetadata, .dialingChannel,
        .client:
        false
      }
    }
  }

  /// A dialled seed is ready: it is asked, unless another one is being asked already.
  mutating func seedOpened(
    _ id: StreamID, seed: DialledSeed, peer: NodeID, now: Now, into outbox: inout Outbox
  ) {
    guard peer != record.id else {
      // A seed address that leads back here, such as a loopback alias of the advertised one.
      seeds.selves += 1
      seeds.found.removeAll { $0 == seed.endpoint }
      drop(id, into: &outbox)
      endRoundIfOver(now: now, into: &outbox)
      return
    }
    let isAsking = streams.entries.contains { if case .asking = $0.role { true } else { false } }
    if isAsking || phase != .joining {
      streams[id] = .standby(seed: seed, peer: peer)
      if phase != .joining { drop(id, into: &outbox) }
      return
    }
    ask(id, seed: seed, peer: peer, into: &outbox)
  }

  private mutating func ask(_ id: StreamID, seed: DialledSeed, peer: NodeID, into outbox: inout Outbox) {
    streams[id] = .asking(seed: seed, peer: peer)
    seeds.asked += 1
    record = record.with(incarnation: seeds.asked)
    let policy = settings.isCoordinating ? settings.coordinationRules : nil
    write(.hello(record.versions), on: id, into: &outbox) { [record] bytes in
      bytes.writeField(FieldTag.update) { record.write(to: &$0) }
      if let policy { bytes.writeField(FieldTag.policy) { $0.write(policy) } }
    }
  }

  /// A seed has said no. Final for this node's life, or a reason to ask the next one.
  mutating func seedRefused(
    _ id: StreamID, seed: DialledSeed, peer: NodeID, refusal: Refusal, now: Now, into outbox: inout Outbox
  ) {
    outbox.events.append(.joinFailed(JoinFailure(seed: seed.address, cause: .refused(refusal))))
    if refusal.isFinal {
      stop(.refused(refusal), into: &outbox)
      return
    }
    drop(id, into: &outbox)
    if refusal == .notAdmitted { seeds.isSearching(seed.endpoint, defers: record.id < peer) }
    askNextSeed(now: now, into: &outbox)
  }

  /// A connection to a seed failed before it admitted us.
  mutating func seedFailed(_ seed: DialledSeed, failure: StreamFailure, now: Now, into outbox: inout Outbox) {
    if phase == .joining {
      if failure == .timedOut { seeds.noteSilence() }
      outbox.events.append(.joinFailed(JoinFailure(seed: seed.address, cause: .stream(failure))))
      seeds.isUnreachable(seed.endpoint)
    }
    askNextSeed(now: now, into: &outbox)
  }

  mutating func askNextSeed(now: Now, into outbox: inout Outbox) {
    if dialNextTarget(now: now, into: &outbox) { return }
    let isAsking = streams.entries.contains { if case .asking = $0.role { true } else { false } }
    if !isAsking, phase == .joining {
      for entry in streams.entries {
        if case .standby(let seed, let peer) = entry.role {
          ask(entry.id, seed: seed, peer: peer, into: &outbox)
          return
        }
      }
    }
    endRoundIfOver(now: now, into: &outbox)
  }

  /// A seed has admitted us: its frame holds our record as granted, and its own.
  mutating func seedAdmitted(
    _ id: StreamID, seed: DialledSeed, peer: NodeID, reader: inout ByteReader, now: Now, into outbox: inout Outbox
  ) throws(WireError) {
    guard case .alive(let granted)? = try reader.nextUpdate(), granted.id == record.id,
      granted.incarnation == record.incarnation, granted.seniority > 0,
      Jump.isAcceptable(from: 0, to: granted.seniority), granted.name == record.name
    else { throw .malformed }
    guard phase == .joining else {
      drop(id, into: &outbox)
      return
    }
    enter(as: granted, now: now, into: &outbox)
    if let older = granted.supersedes { table.noteSuperseded(older) }
    closeSearch(except: id, into: &outbox)
    streams[id] = .pulling(peer: peer)
    pullingTable = id
    while let update = try reader.nextReceivedUpdate() {
      _ = try apply(update, spreads: false, now: now, into: &outbox)
    }
    if uses(.batchedAnnouncements) {
      timers.set(.pull, key: id.raw, at: now.monotonic + AdmissionDesk.pullDelay)
    } else {
      pullTable(id, into: &outbox)
    }
  }

  /// The pages have come, or as many of them as will come: repair brings the rest.
  mutating func joinEnded(_ id: StreamID, now: Now, into outbox: inout Outbox) {
    pullingTable = nil
    outbox.events.append(.admitted(myself, founded: false))
    seeds.resetBackoff()
    endRoundIfOver(now: now, into: &outbox)
    compareSoon(now: now)
    leaveIfPostponed(now: now, into: &outbox)
  }

  private mutating func closeSearch(except kept: StreamID?, into outbox: inout Outbox) {
    for entry in streams.entries where entry.id != kept {
      switch entry.role {
      case .dialing, .standby, .asking: drop(entry.id, into: &outbox)
      case .pulling, .dialingRepair, .comparing, .repairing, .probing, .accepted, .waiting, .admitting, .serving,
        .dialingMetadata, .pullingMetadata, .servingMetadata, .awaitingMetadata, .dialingChannel, .client:
        break
      }
    }
  }
}
