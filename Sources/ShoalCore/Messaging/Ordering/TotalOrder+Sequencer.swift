/// What the coordinator does.
extension TotalOrder {
  mutating func receivedAsSequencer(_ message: OrderMessage, from peer: NodeID, now: Instant) {
    switch message {
    case .attend: attended(by: peer)
    case .holdings(let holdings): take(holdings, from: peer, now: now)
    case .entries(let entries): takeInherited(entries, from: peer, now: now)
    case .fetch(let after): answerFetch(by: peer, after: after)
    case .submission(let entry, let previous): take(entry, previous: previous, from: peer, now: now)
    case .held(let held): take(held, from: peer, now: now)
    case .collect, .opening, .busy, .settled, .mark: break
    }
  }

  private mutating func tell(_ message: OrderMessage, to peer: NodeID) {
    guard let sequencer else { return }
    effects.append(.tell(message, epoch: sequencer.reign.epoch, to: peer))
  }

  // MARK: Members

  private mutating func attended(by peer: NodeID) {
    guard let sequencer else { return }
    if sequencer.isIdle {
      self.sequencer?.phase = .awaitingMembers
      effects.append(.askForMembers)
    } else if sequencer.isOpen, peer != identity {
      tellOpening(to: peer)
    }
  }

  /// Who is a living member of this node's view.
  mutating func membersKnown(_ members: [NodeID], now: Instant) {
    guard sequencer != nil else { return }
    sequencer?.take(members: members)
    collect(now: now)
    arm(now: now)
  }

  mutating func memberCame(_ peer: NodeID, now: Instant) {
    // What was said to it, or by it, may be lost.
    if peer == followed?.sequencer {
      submissions.rewind()
      attend()
      scheduleHeld(now: now)
    }
    if let sequencer {
      switch sequencer.phase {
      case .idle, .awaitingMembers: break
      case .collecting:
        self.sequencer?.insert(peer)
        tell(.collect, to: peer)
      case .fetching: self.sequencer?.insert(peer)
      case .open:
        self.sequencer?.insert(peer)
        tellOpening(to: peer)
      }
    }
    arm(now: now)
  }

  mutating func memberGone(_ peer: NodeID, now: Instant) {
    guard let sequencer else { return }
    self.sequencer?.remove(peer)
    switch sequencer.phase {
    case .idle, .awaitingMembers: break
    case .collecting(var handover):
      handover.forget(peer)
      self.sequencer?.phase = .collecting(handover)
      decideIfComplete(now: now)
    case .fetching(let source, _, _): if source == peer { collect(now: now) }
    case .open:
      self.sequencer?.advance(now: now)
      stabilize(now: now)
    }
    arm(now: now)
  }

  // MARK: Taking over

  private mutating func collect(now: Instant) {
    guard let members = sequencer?.members else { return }
    var handover = Handover(since: now)
    handover.take(holdings, from: identity)
    sequencer?.phase = .collecting(handover)
    if plantedBug == .collectsNothing { return decide(handover, now: now) }
    for id in members { tell(.collect, to: id) }
    decideIfComplete(now: now)
  }

  private mutating func take(_ holdings: OrderHoldings, from peer: NodeID, now: Instant) {
    guard case .collecting(var handover) = sequencer?.phase else { return }
    handover.take(holdings, from: peer)
    sequencer?.phase = .collecting(handover)
    decideIfComplete(now: now)
  }

  private mutating func decideIfComplete(now: Instant) {
    guard let sequencer, case .collecting(let handover) = sequencer.phase,
      sequencer.members.allSatisfy({ handover.hasReported($0) })
    else { return }
    decide(handover, now: now)
  }

  private mutating func decide(_ handover: Handover, now: Instant) {
    guard let members = sequencer?.members, let decision = handover.decide(among: [identity] + members) else {
      // Nobody holds anything: this is the first reign that has an order.
      return begin(now: now)
    }
    let isInPlace =
      !history.isEmpty && decision.history.contains(log.top, of: history.last) && log.top >= decision.base
    if !isInPlace {
      if !history.isEmpty { breakOff() }
      beginAnew(behind: decision.top)
      // Others may lack what this node does not need itself.
      log = OrderLog(base: decision.base)
      stable = decision.base
    }
    history = decision.history
    guard log.top < decision.top else { return begin(now: now) }
    sequencer?.phase = .fetching(from: decision.furthest, upTo: decision.top, since: now)
    tell(.fetch(after: log.top), to: decision.furthest)
  }

  private mutating func takeInherited(_ entries: [OrderedEntry], from peer: NodeID, now: Instant) {
    guard case .fetching(let source, let target, _) = sequencer?.phase, source == peer else { return }
    let before = log.top
    for entry in entries where entry.number == log.top + 1 && log.top < target { append(entry, now: now) }
    if log.top == target {
      begin(now: now)
    } else if log.top > before {
      sequencer?.phase = .fetching(from: source, upTo: target, since: now)
      tell(.fetch(after: log.top), to: source)
    }
  }

  /// The order goes on under this node.
  private mutating func begin(now: Instant) {
    guard let sequencer else { return }
    history.begin(sequencer.reign, first: log.top + 1)
    knownTop = log.top
    inherited = log.top
    heldDelay = OrderSettings.heldDelay(members: UInt64(sequencer.members.count) + 1)
    self.sequencer?.open(base: log.base, now: now)
    var number = log.base + 1
    while let entry = log[number] {
      self.sequencer?.noteTaken(entry)
      number += 1
    }
    for id in sequencer.members { tellOpening(to: id) }
    scheduleHeld(now: now)
    submit()
  }

  private mutating func tellOpening(to peer: NodeID) {
    guard let members = sequencer?.members.count else { return }
    tell(
      .opening(OrderOpening(history: history, base: log.base, top: log.top, members: UInt64(members) + 1)), to: peer)
  }

  private mutating func answerFetch(by peer: NodeID, after: UInt64) {
    guard sequencer?.isOpen == true else { return }
    // What is gone cannot be had: the opening tells where the order is now.
    guard after >= log.base else { return tellOpening(to: peer) }
    let batch = log.batch(after: after, bytes: OrderSettings.batchBytes)
    if !batch.isEmpty { tell(.entries(batch), to: peer) }
  }

  // MARK: Giving places

  private mutating func take(_ entry: OrderedEntry, previous: UInt64, from peer: NodeID, now: Instant) {
    guard entry.publisher == peer, sequencer?.isOpen == true, sequencer?.isNext(entry, previous: previous) == true
    else { return }
    guard sequencer?.waitingCost ?? 0 <= settings.limit else { return tell(.busy, to: peer) }
    sequencer?.noteTaken(entry)
    sequencer?.waiting.append(entry)
    sequencer?.waitingCost += entry.cost
    sequence(now: now)
  }

  /// Gives places while there is room for what they hold.
  mutating func sequence(now: Instant) {
    guard mayGivePlaces, sequencer?.isOpen == true else { return }
    while hasRoom, let entry = sequencer?.waiting.popFirst() {
      sequencer?.waitingCost -= entry.cost
      append(entry, now: now)
      knownTop = log.top
      guard let sequencer, let placed = log[log.top] else { return }
      self.sequencer?.stableTold = sequencer.stable
      effects.append(
        .spread(placed, epoch: sequencer.reign.epoch, stable: sequencer.stable, to: sequencer.members))
    }
  }

  // MARK: How far all hold it

  private mutating func take(_ held: OrderHeld, from peer: NodeID, now: Instant) {
    guard sequencer?.isOpen == true, held.top <= log.top else { return }
    sequencer?.note(held, of: peer, now: now)
    stabilize(now: now)
  }

  private mutating func stabilize(now: Instant) {
    guard var sequencer, sequencer.isOpen else { return }
    // Taken out, so that it is not copied.
    self.sequencer = nil
    let awaiting = sequencer.takeAwaiting()
    let holders = awaiting.isEmpty ? [] : sequencer.holders
    let stable = sequencer.stable
    self.sequencer = sequencer
    for id in awaiting { tell(.settled(upTo: stable, holders: holders), to: id) }
    if stable > self.stable {
      self.stable = stable
      trim()
    }
    sequence(now: now)
  }

  mutating func tickSequencer(now: Instant) {
    guard let sequencer else { return }
    switch sequencer.phase {
    case .idle: break
    case .awaitingMembers: effects.append(.askForMembers)
    case .collecting(let handover):
      if now >= handover.since + Handover.patience { return decide(handover, now: now) }
      for id in sequencer.members where !handover.hasReported(id) { tell(.collect, to: id) }
    case .fetching(let source, _, let since):
      if now >= since + Handover.patience { return collect(now: now) }
      tell(.fetch(after: log.top), to: source)
    case .open: tickOpen(sequencer, now: now)
    }
  }

  private mutating func tickOpen(_ open: Sequencer, now: Instant) {
    if !hasRoom, open.stable < log.top, now >= open.stableSince + Sequencer.patience {
      sequencer?.leaveBehind(now: now)
      stabilize(now: now)
    }
    guard let sequencer else { return }
    let isNews = sequencer.stableTold < sequencer.stable
    self.sequencer?.stableTold = sequencer.stable
    for id in sequencer.members where isNews || sequencer.lacks(id, of: log.top) {
      tell(.mark(stable: sequencer.stable, top: log.top), to: id)
    }
    if sequencer.stable < log.top { tellHeld() }
    sequence(now: now)
  }
}
