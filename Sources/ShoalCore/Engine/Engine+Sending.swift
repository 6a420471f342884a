extension Engine {
  /// Takes a sequence number for a new exchange, with room for its attempts.
  mutating func drawSequence() -> UInt32 {
    nextSequence = Exchange.number(after: nextSequence)
    return nextSequence
  }

  /// Sends one datagram to a known member, filled up with news.
  ///
  /// A receiver that is accused in our view is told so first, whatever else there is: its answer then carries the refutation.
  mutating func send(
    _ type: DatagramType, sequence: UInt32, to index: SlotIndex, target: NodeID = .unknown,
    introducingMyself: Bool = false, now: Now, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(index) else { return }
    let start = beginDatagram(type, sequence: sequence, target: target, now: now, into: &outbox)
    if table.status(index) != .alive {
      outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: index, to: &$0) }
      counters.updatesSent += 1
    }
    if introducingMyself { introduceMyself(into: &outbox) }
    counters.updatesSent += UInt64(
      queue.fill(
        &outbox.bytes, limitBytes: start + settings.datagramBytes, sendLimit: sendLimit, skipping: index, in: table))
    if type == .gossip, outbox.bytes.count - start <= DatagramHeader.byteCount {
      // Nothing that this receiver could be told.
      outbox.bytes.removeSubrange(start...)
      return
    }
    endDatagram(from: start, receiver: table.id(index), endpoint: endpoint, into: &outbox)
  }

  /// Pings a process that is known by hearsay only.
  mutating func pingStranger(_ stranger: Record, sequence: UInt32, now: Now, into outbox: inout Outbox) {
    let start = beginDatagram(.ping, sequence: sequence, target: .unknown, now: now, into: &outbox)
    introduceMyself(into: &outbox)
    endDatagram(from: start, receiver: stranger.id, endpoint: stranger.endpoint, into: &outbox)
  }

  func introduceMyself(into outbox: inout Outbox) {
    guard let myIndex else { return }
    outbox.bytes.writeField(FieldTag.update) { table.writeUpdate(about: myIndex, to: &$0) }
  }

  func beginDatagram(
    _ type: DatagramType, sequence: UInt32, target: NodeID, now: Now, into outbox: inout Outbox
  ) -> Int {
    let start = outbox.bytes.count
    DatagramHeader(
      type: type, sequence: sequence, age: antiEntropy.age(at: now.monotonic), fingerprint: fingerprint,
      coordinationFingerprint: UInt32(truncatingIfNeeded: coordinationFingerprint), target: target
    ).write(to: &outbox.bytes)
    return start
  }

  mutating func endDatagram(
    from start: Int, receiver: NodeID, endpoint: Endpoint, into outbox: inout Outbox
  ) {
    counters.datagramsSent += 1
    if outbox.bytes[start] == DatagramType.gossip.rawValue { counters.gossipSent += 1 }
    outbox.transmits.append(
      Outbox.Transmit(receiver: receiver, endpoint: endpoint, range: start..<outbox.bytes.count))
  }

  private var sendLimit: Int {
    isUsingTrees
      ? DisseminationQueue.plainSendLimit
      : DisseminationQueue.sendLimit(multiplier: settings.retransmitMultiplier, members: table.livingCount)
  }

  /// Passes fresh news about a member on, in the way that follows from how it came here.
  mutating func spread(_ index: SlotIndex, now: Now) {
    if isUsingTrees { spreadByTree(index, now: now) } else { gossipPlainly(index, now: now) }
  }

  /// Queues fresh news about a member and sees to it that gossip runs.
  mutating func gossipPlainly(_ index: SlotIndex, now: Now) {
    queue.enqueue(index, in: &table)
    armGossip(now: now)
  }

  mutating func armGossip(now: Now) {
    guard !isGossipArmed, settings.gossipFanout > 0 else { return }
    isGossipArmed = true
    timers.set(.gossip, at: now.monotonic + random.jitter(settings.gossipInterval))
  }

  /// Sends fresh news by itself, once per interval while there is any.
  mutating func gossip(now: Now, into outbox: inout Outbox) {
    isGossipArmed = false
    guard phase == .admitted || phase == .leaving, !queue.isEmpty else { return }
    gossipNow(fanout: settings.gossipFanout, now: now, into: &outbox)
    guard !queue.isEmpty else { return }
    isGossipArmed = true
    timers.set(.gossip, at: now.monotonic + settings.gossipInterval)
  }

  /// Tells as many as possible at once that we leave.
  mutating func sayFarewell(now: Now, into outbox: inout Outbox) {
    if isUsingTrees {
      newsGathered(now: now, into: &outbox)
    } else {
      gossipNow(fanout: settings.farewellFanout, now: now, into: &outbox)
    }
  }

  mutating func gossipNow(fanout: Int, now: Now, into outbox: inout Outbox) {
    for _ in 0..<min(fanout, table.livingCount) {
      guard !queue.isEmpty, let receiver = randomLiving() else { return }
      send(.gossip, sequence: 0, to: receiver, now: now, into: &outbox)
    }
  }

  /// A random living member that is not this node; may repeat between calls.
  mutating func randomLiving() -> SlotIndex? {
    let others = table.livingCount - (myIndex.map { table.status($0).isLiving } == true ? 1 : 0)
    guard others > 0 else { return nil }
    let pick = table.living[random.below(table.livingCount)]
    guard pick == myIndex else { return pick }
    // Drew ourselves: the next one round the circle, so that a draw always ends.
    let position = table.livingPosition(pick)
    return table.living[(position + 1) % table.livingCount]
  }
}
