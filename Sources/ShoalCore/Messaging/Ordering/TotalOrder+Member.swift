/// What every member does: takes the order in, asks for what it lacks, tells how far it holds it.
extension TotalOrder {
  /// What somebody says about the order.
  mutating func received(_ message: OrderMessage, epoch: UInt64, from peer: NodeID, now: Instant) {
    guard let followed, followed.epoch == epoch else { return }
    if peer == followed.sequencer {
      receivedFromSequencer(message, now: now)
    }
    if sequencer != nil { receivedAsSequencer(message, from: peer, now: now) }
    arm(now: now)
  }

  private mutating func receivedFromSequencer(_ message: OrderMessage, now: Instant) {
    switch message {
    case .collect: tellSequencer(.holdings(holdings))
    case .opening(let opening): open(opening, now: now)
    // A sequencer that takes what it lacks itself.
    case .fetch(let after): if sequencer == nil { answerFetch(after: after) }
    case .entries(let entries): if sequencer == nil { take(entries, now: now) }
    case .busy: pause()
    case .settled(let upTo, let holders): settle(upTo: upTo, holders: holders, now: now)
    case .mark(let stable, let top): mark(stable: stable, top: top, now: now)
    case .attend, .holdings, .submission, .held: break
    }
  }

  var holdings: OrderHoldings { OrderHoldings(history: history, begin: begin, base: log.base, top: log.top) }

  private mutating func answerFetch(after: UInt64) {
    guard after >= log.base else { return }
    tellSequencer(.entries(log.batch(after: after, bytes: OrderSettings.batchBytes)))
  }

  // MARK: Going on under a reign

  private mutating func open(_ opening: OrderOpening, now: Instant) {
    guard let followed, opening.history.last == followed, sequencer == nil else { return }
    heldDelay = OrderSettings.heldDelay(members: opening.members)
    let isInPlace = opening.history.contains(log.top, of: history.last) && log.top >= opening.base
    if history.isEmpty {
      beginAnew(behind: opening.top)
    } else if !isInPlace, log.top <= opening.top || !isInstalled {
      breakOff()
      beginAnew(behind: opening.top)
    }
    if !isInstalled { inherited = opening.top }
    history = opening.history
    knownTop = max(knownTop, opening.top)
    scheduleHeld(now: now)
    fetch()
    submit()
  }

  /// Everything before is not for this node.
  mutating func beginAnew(behind top: UInt64) {
    log = OrderLog(base: top)
    begin = top + 1
    delivered = top
    stable = top
    knownTop = top
    early = [:]
    earlyCost = 0
  }

  /// This node has lost its place. Its application hears of it, and whoever waits for what it has published.
  mutating func breakOff() {
    if plantedBug != .hidesBrokenOrder {
      effects.append(.broken(epoch: history.last?.epoch ?? 0, number: delivered))
    }
    var settled: [Submissions.Settled] = []
    submissions.breakOff(into: &settled)
    effects += settled.map { .settled($0) }
  }

  // MARK: Taking in

  /// A publication has come from its sequencer, over whatever path.
  mutating func arrived(_ entry: OrderedEntry, reign: OrderReign, stable: UInt64, now: Instant) {
    guard sequencer == nil else { return }
    if plantedBug == .takesOldReigns, entry.number == log.top + 1 { return append(entry, now: now) }
    guard isInstalled, reign == followed else { return }
    note(stable: stable)
    knownTop = max(knownTop, entry.number)
    if entry.number == log.top + 1, hasRoom {
      append(entry, now: now)
      takeEarly(now: now)
    } else if entry.number > log.top, early[entry.number] == nil, earlyCost + entry.cost <= settings.limit {
      early[entry.number] = entry
      earlyCost += entry.cost
    }
    submit()
    arm(now: now)
  }

  private mutating func take(_ entries: [OrderedEntry], now: Instant) {
    guard isInstalled else { return }
    let before = log.top
    for entry in entries where entry.number == log.top + 1 && hasRoom { append(entry, now: now) }
    takeEarly(now: now)
    guard log.top > before else { return }
    fetch()
    submit()
  }

  mutating func append(_ entry: OrderedEntry, now: Instant) {
    log.append(entry)
    if entry.publisher == identity {
      idleTicks = 0
      var settled: [Submissions.Settled] = []
      submissions.place(entry.publisherNumber, at: log.top, into: &settled)
      effects += settled.map { .settled($0) }
    }
    scheduleHeld(now: now)
  }

  private mutating func takeEarly(now: Instant) {
    guard !early.isEmpty else { return }
    while hasRoom, let entry = early.removeValue(forKey: log.top + 1) {
      earlyCost -= entry.cost
      append(entry, now: now)
    }
    let past = early.keys.filter { $0 <= log.top }
    for number in past { earlyCost -= early.removeValue(forKey: number)?.cost ?? 0 }
  }

  /// Asks for what is missing.
  private mutating func fetch() {
    guard isInstalled, sequencer == nil, log.top < knownTop, hasRoom else { return }
    tellSequencer(.fetch(after: log.top))
  }

  // MARK: How far it is held

  private mutating func mark(stable: UInt64, top: UInt64, now: Instant) {
    // The sequencer waits for this node, whether or not it has any use for an order: the opening came before this reign was followed, or
    // was lost.
    guard isInstalled else { return tellSequencer(.attend) }
    note(stable: stable)
    knownTop = max(knownTop, top)
    scheduleHeld(now: now)
  }

  private mutating func note(stable news: UInt64) {
    guard news > stable else { return }
    stable = news
    trim()
  }

  mutating func scheduleHeld(now: Instant) {
    if heldDue == nil { heldDue = now + heldDelay }
  }

  mutating func tellHeld() {
    guard isInstalled else { return }
    tellSequencer(.held(OrderHeld(begin: begin, top: log.top, awaits: submissions.firstPlaced ?? 0)))
  }

  // MARK: Publishing

  /// - Returns: false when too much waits already.
  mutating func publish(
    _ payload: [UInt8], message: UInt64, to topic: Topic, correlation: CorrelationID, context: MessageContext,
    members: [NodeID], now: Instant
  ) -> Bool {
    guard
      submissions.add(
        message: message, to: topic, by: identity, correlation: correlation, context: context, payload: payload,
        recipients: members) != nil
    else { return false }
    attend()
    submit()
    arm(now: now)
    return true
  }

  /// Hands over what waits, once it is known what of it has got its place under earlier reigns.
  mutating func submit() {
    guard isInstalled, !isPaused, submissions.hasUnsent, log.top >= inherited else { return }
    while let (entry, previous) = submissions.takeNext() { tellSequencer(.submission(entry, previous: previous)) }
  }

  /// Nobody waits any more for one that no sequencer was given: it is taken back. False when it may have got a place.
  mutating func withdraw(message: UInt64) -> Bool {
    var settled: [Submissions.Settled] = []
    defer { effects += settled.map { .settled($0) } }
    return submissions.withdraw(message: message, into: &settled)
  }

  private mutating func settle(upTo number: UInt64, holders: [OrderHolder], now: Instant) {
    guard isInstalled else { return }
    var settled: [Submissions.Settled] = []
    submissions.settle(upTo: number, holders: holders, into: &settled)
    effects += settled.map { .settled($0) }
    if submissions.firstPlaced != nil { scheduleHeld(now: now) }
  }

  /// Something that this node has said did not arrive.
  mutating func notTaken(by peer: NodeID, now: Instant) {
    guard peer == followed?.sequencer else { return }
    pause()
    arm(now: now)
  }

  private mutating func pause() {
    submissions.rewind()
    isPaused = true
  }

  mutating func tickMember(now: Instant) {
    isPaused = false
    idleTicks = submissions.isWaiting ? idleTicks + 1 : 0
    if idleTicks >= OrderSettings.idleTicks {
      idleTicks = 0
      submissions.rewind()
    }
    attend()
    fetch()
    submit()
    if submissions.firstPlaced != nil { tellHeld() }
  }
}
