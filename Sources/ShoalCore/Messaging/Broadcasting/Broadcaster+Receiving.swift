/// Taking in what others publish.
extension Broadcaster {
  /// A message of one of the broadcaster's kinds has come.
  package mutating func received(
    _ message: Message, from origin: MessengerEvent.Origin, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    let cost = ChunkLimits.cost(of: message.payload.count)
    do throws(WireError) {
      switch message.kind {
      case .publication:
        try take(PublicationEnvelope(of: message), cost: cost, from: origin, now: now, into: &outbox)
        return
      case .spreadReport: take(try SpreadReport(of: message), from: origin.peer, now: now, into: &outbox)
      case .seriesQuery: answer(origin.peer, into: &outbox)
      case .seriesStart:
        var reader = ByteReader(message.payload.rawSpan)
        let first = try reader.readVarint()
        guard reader.isAtEnd, first < .max else { throw .malformed }
        start(origin.peer, at: first, into: &outbox)
      case .order: try takeOrder(message, from: origin.peer, now: now, into: &outbox)
      case .send, .request, .reply, .failure, .cancellation: break
      }
    } catch {
      counters.malformed += 1
    }
    outbox.actions.append(.consumed(cost: cost, from: origin))
  }

  private mutating func take(
    _ envelope: PublicationEnvelope, cost: Int, from origin: MessengerEvent.Origin, now: Instant,
    into outbox: inout BroadcastOutbox
  ) {
    guard envelope.publication.key.publisher != identity else {
      outbox.actions.append(.consumed(cost: cost, from: origin))
      return
    }
    // Others do not wait for this node's application.
    if !envelope.targets.isEmpty { relay(envelope, from: origin.peer, now: now, into: &outbox) }
    if let stamp = envelope.publication.stamp {
      outbox.actions.append(.consumed(cost: cost, from: origin))
      take(envelope.publication, stamp, now: now, into: &outbox)
      return
    }
    let arrival = Arrival(envelope: envelope, hold: Hold(key: envelope.publication.key, cost: cost, origin: origin))
    if unhandledCost > settings.waitingLimit {
      deferred.append(arrival)
    } else {
      sort(arrival, now: now, into: &outbox)
    }
  }

  /// The application is done with what was handed over without an origin.
  package mutating func handled(cost: Int, now: Instant, into outbox: inout BroadcastOutbox) {
    unhandledCost -= cost
    while unhandledCost <= settings.waitingLimit, let arrival = deferred.popFirst() {
      sort(arrival, now: now, into: &outbox)
    }
    carryOutOrder(now: now, into: &outbox)
  }

  private mutating func relay(
    _ envelope: PublicationEnvelope, from parent: NodeID, now: Instant, into outbox: inout BroadcastOutbox
  ) {
    counters.relayed += 1
    let key = envelope.publication.key
    let others = envelope.targets.filter { $0.id != identity }
    if let id = spreadOf[key] {
      spreads[id]?.parent = parent
      let pending = Set(spreads[id]?.pending ?? [])
      let more = others.filter { !pending.contains($0.id) }
      serve(more, in: id, now: now, into: &outbox)
      return
    }
    let id = begin(Spread(envelope.publication, parent: parent))
    if relayedBytes > settings.relayLimit {
      spreads[id]?.failed = others.map { ($0.id, .refused(.full)) }
    } else {
      serve(others, in: id, now: now, into: &outbox)
    }
    settleIfDone(id, into: &outbox)
  }

  // MARK: Order

  private mutating func sort(_ arrival: Arrival, now: Instant, into outbox: inout BroadcastOutbox) {
    let publication = arrival.envelope.publication
    let publisher = publication.key.publisher
    var hold: Hold? = arrival.hold
    open(publisher, first: arrival.envelope.first)
    var ready: [Series.Next] = []
    if plantedBug == .ignoresOrder {
      ready = [Series.Next(publication: publication, missed: 0)]
    } else {
      let taken = inSeries(publisher) { $0.take(publication, first: arrival.envelope.first, into: &ready) }
      if taken == .late {
        counters.duplicates += 1
        if plantedBug == .takesTwice { ready.append(Series.Next(publication: publication, missed: 0)) }
      }
    }
    hand(over: ready, hold: &hold, into: &outbox)
    // What has to wait does not hold up its sender: what it waits for may come from there.
    if let hold { outbox.actions.append(.consumed(cost: hold.cost, from: hold.origin)) }
    limitWaiting(of: publisher, into: &outbox)
    if !isAskingForGaps, waitingCost > 0 {
      isAskingForGaps = true
      timers.set(.gaps, at: now + BroadcastSettings.firstGapDelay)
    }
  }

  /// Begins the series of a publisher that is new here. There are no more publishers than a cluster may have members.
  private mutating func open(_ publisher: NodeID, first: UInt64) {
    if series[publisher] == nil, series.count < BroadcastSettings.publisherLimit {
      series[publisher] = Series(first: first)
    }
  }

  /// Changes a series, and what waits in all with it.
  @discardableResult
  private mutating func inSeries<Result>(_ publisher: NodeID, _ body: (inout Series) -> Result) -> Result? {
    guard var one = series[publisher] else { return nil }
    // Taken out, so that it is not copied.
    series[publisher] = nil
    waitingCost -= one.earlyCost
    defer {
      waitingCost += one.earlyCost
      series[publisher] = one
    }
    return body(&one)
  }

  private mutating func hand(
    over ready: [Series.Next], hold: inout Hold?, into outbox: inout BroadcastOutbox
  ) {
    for next in ready {
      counters.missed += next.missed
      let topic = next.publication.topic
      guard topic.order == .causal, plantedBug != .ignoresCauses else {
        hand(over: next, hold: &hold, into: &outbox)
        continue
      }
      // What nobody subscribes to needs no order.
      guard causal[topic] != nil else { continue }
      waitingCost += Series.cost(of: next.publication)
      causal[topic]?.add(next)
    }
    releaseCausal(hold: &hold, into: &outbox)
  }

  private mutating func hand(over next: Series.Next, hold: inout Hold?, into outbox: inout BroadcastOutbox) {
    counters.received += 1
    let missed = plantedBug == .hidesGaps ? 0 : next.missed
    if let direct = hold, direct.key == next.publication.key {
      hold = nil
      outbox.events.append(.received(next.publication, missed: missed, cost: direct.cost, from: direct.origin))
    } else {
      let cost = Series.cost(of: next.publication)
      unhandledCost += cost
      outbox.events.append(.received(next.publication, missed: missed, cost: cost, from: nil))
    }
  }

  private mutating func releaseCausal(hold: inout Hold?, into outbox: inout BroadcastOutbox) {
    for topic in waitingTopics {
      var ready: [Series.Next] = []
      causal[topic]?.release(into: &ready) { [series, identity] in
        Self.isTaken($0, series: series, identity: identity)
      }
      handCausal(over: ready, hold: &hold, into: &outbox)
    }
  }

  private mutating func handCausal(
    over ready: [Series.Next], hold: inout Hold?, into outbox: inout BroadcastOutbox
  ) {
    for next in ready {
      waitingCost -= Series.cost(of: next.publication)
      hand(over: next, hold: &hold, into: &outbox)
    }
  }

  private var waitingTopics: [Topic] {
    guard !causal.isEmpty else { return [] }
    return causal.filter { $0.value.isWaiting }.keys.sorted { $0.name < $1.name }
  }

  private static func isTaken(
    _ dependency: Publication.Dependency, series: [NodeID: Series], identity: NodeID
  ) -> Bool {
    dependency.publisher == identity || series[dependency.publisher].map { $0.next > dependency.number } ?? false
  }

  /// Memory is bounded: when too much waits, what it waits for is given up, and told as missed.
  private mutating func limitWaiting(of publisher: NodeID, into outbox: inout BroadcastOutbox) {
    while waitingCost > settings.waitingLimit {
      if series[publisher]?.isWaiting == true {
        skipGap(of: publisher, into: &outbox)
      } else if let other = series.filter({ $0.value.isWaiting }).keys.min() {
        skipGap(of: other, into: &outbox)
      } else if let topic = waitingTopics.first {
        giveUpFirst(of: topic, into: &outbox)
      } else {
        return
      }
    }
  }

  private mutating func giveUpFirst(of topic: Topic, into outbox: inout BroadcastOutbox) {
    let before = waitingCost
    // What it waits for must not come after it.
    for dependency in causal[topic]?.firstAwaited ?? [] {
      skip(dependency.publisher, past: dependency.number, into: &outbox)
    }
    guard waitingCost == before else { return }
    // All that it waits for is here, and waits itself: for this one, as only forged dependencies do, or for others.
    var ready: [Series.Next] = []
    var hold: Hold?
    causal[topic]?.releaseFirst(into: &ready)
    handCausal(over: ready, hold: &hold, into: &outbox)
    releaseCausal(hold: &hold, into: &outbox)
  }

  private mutating func skipGap(of publisher: NodeID, into outbox: inout BroadcastOutbox) {
    var ready: [Series.Next] = []
    var hold: Hold?
    inSeries(publisher) { $0.skipGap(into: &ready) }
    hand(over: ready, hold: &hold, into: &outbox)
  }

  // MARK: What does not come

  mutating func askForGaps(now: Instant, into outbox: inout BroadcastOutbox) {
    isAskingForGaps = waitingCost > 0
    guard isAskingForGaps else {
      unknown = [:]
      return
    }
    var asked = Set(series.filter { $0.value.isWaiting }.keys)
    for order in causal.values {
      asked.formUnion(
        order.awaited { [series, identity] in Self.isTaken($0, series: series, identity: identity) })
    }
    for peer in asked.sorted().prefix(BroadcastSettings.askedLimit) { say(.seriesQuery, to: peer, into: &outbox) }
    timers.set(.gaps, at: now + BroadcastSettings.gapDelay)
  }

  /// A publisher that is to be asked is no member here: it is gone, or so new that others know it first.
  mutating func couldNotAsk(_ publisher: NodeID, into outbox: inout BroadcastOutbox) {
    guard series[publisher] == nil else { return giveUp(publisher, into: &outbox) }
    unknown[publisher, default: 0] += 1
    if unknown[publisher] ?? 0 > BroadcastSettings.unknownLimit {
      unknown[publisher] = nil
      giveUp(publisher, into: &outbox)
    }
  }

  /// Tells from which publication on the asker gets them: the next one, if it got none yet.
  private mutating func answer(_ peer: NodeID, into outbox: inout BroadcastOutbox) {
    guard answering[peer] == nil else { return }
    var payload: [UInt8] = []
    payload.writeVarint(firstOf[peer] ?? nextPublication)
    answering[peer] = say(.seriesStart, payload, to: peer, into: &outbox)
  }

  @discardableResult
  private mutating func say(
    _ kind: MessageKind, _ payload: [UInt8] = [], to peer: NodeID, into outbox: inout BroadcastOutbox
  ) -> UInt64 {
    let number = takeMessageNumber()
    outbox.actions.append(
      .send(
        Message(kind, number: number, correlation: CorrelationID(high: 0, low: number), payload: payload), to: peer,
        lane: .replies))
    return number
  }

  private mutating func start(_ publisher: NodeID, at first: UInt64, into outbox: inout BroadcastOutbox) {
    var ready: [Series.Next] = []
    var hold: Hold?
    open(publisher, first: first)
    inSeries(publisher) { $0.skip(to: first, into: &ready) }
    hand(over: ready, hold: &hold, into: &outbox)
  }

  /// A publication does not come any more, nor those before it: should one, it is late.
  private mutating func skip(_ publisher: NodeID, past number: UInt64, into outbox: inout BroadcastOutbox) {
    // So that it counts as missed.
    open(publisher, first: number)
    start(publisher, at: number + 1, into: &outbox)
  }

  /// A publisher is gone: what is here of it is handed over, and nothing waits for the rest.
  mutating func giveUp(_ publisher: NodeID, into outbox: inout BroadcastOutbox) {
    while series[publisher]?.isWaiting == true { skipGap(of: publisher, into: &outbox) }
    // Never after what depends on it.
    for topic in waitingTopics {
      if let number = causal[topic]?.lastAwaited(of: publisher) { skip(publisher, past: number, into: &outbox) }
    }
  }

  /// A publisher that is gone will not be remembered any longer. What was taken of it is, among the latest of these: a publisher that lived
  /// all the time may come back, and send it again.
  package mutating func peerForgotten(_ peer: NodeID) {
    for topic in causal.keys { causal[topic]?.forget(peer) }
    let isKnown = series[peer] != nil || order.sequencer?.hasTaken(of: peer) == true
    guard isKnown, forgotten.insert(peer).inserted else { return }
    forgottenInOrder.append(peer)
    guard forgottenInOrder.count > BroadcastSettings.forgottenLimit, let oldest = forgottenInOrder.popFirst() else {
      return
    }
    forgotten.remove(oldest)
    series[oldest] = nil
    order.sequencer?.forget(oldest)
  }

  /// A publisher that was forgotten is back.
  mutating func remember(_ publisher: NodeID) {
    guard forgotten.remove(publisher) != nil else { return }
    forgottenInOrder.removeAll { $0 == publisher }
  }
}

/// One publication that has come, and what it still holds of its sender's window.
struct Arrival {
  let envelope: PublicationEnvelope
  let hold: Hold
}

/// So much of a sender's window is taken until a publication was handled, or has to wait.
struct Hold {
  let key: Publication.Key
  let cost: Int
  let origin: MessengerEvent.Origin
}
