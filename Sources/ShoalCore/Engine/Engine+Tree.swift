/// News on its way down acknowledged trees.
extension Engine {
  var isUsingTrees: Bool { uses(.rangeTree) }

  // MARK: Sending

  /// Sends news to everybody.
  mutating func startTree(_ fields: RawSpan, now: Now, into outbox: inout Outbox) {
    counters.treesStarted += 1
    let own = RingRange.position(of: record.id)
    let parcel = tree.hold(fields)
    forward(parcel, to: RingRange(from: own, to: own), now: now, into: &outbox)
    tree.release(parcel)
  }

  /// Sends news to everybody in a range but ourselves, by way of a head for each part.
  private mutating func forward(_ parcel: ParcelID, to range: RingRange, now: Now, into outbox: inout Outbox) {
    let (stretch, parts) = cut(range)
    for part in parts {
      guard let head = pickHead(part.places, of: stretch, besides: nil, now: now) else { continue }
      var forward = TreeForward(
        head: table.id(head), range: part.range, members: part.places.count, parcel: parcel)
      let sequence = drawSequence()
      if !newcomers.contains(head, at: now.monotonic) || tree.isFull {
        forward.noteSend(at: now.monotonic)
        tree.add(forward, sequence: sequence)
        send(forward, sequence: sequence, to: head, now: now, into: &outbox)
      } else {
        // Does not know us yet, and could not answer.
        tree.add(forward, sequence: sequence)
        timers.set(.treeForward, key: UInt64(sequence), at: now.monotonic + RangeTree.newcomerDelay)
      }
    }
  }

  private mutating func cut(_ range: RingRange) -> (stretch: RingStretch, parts: RangeTree.Parts) {
    hashRing.settle(in: table)
    let stretch = hashRing.stretch(range, in: table)
    let own = hashRing.offset(of: record.id, in: stretch, of: table)
    let parts = RangeTree.cut(range, count: stretch.count, own: own) {
      RingRange.position(of: table.id(hashRing.member($0, of: stretch)))
    }
    return (stretch, parts)
  }

  /// A random member of a part: one that is not suspected and has been known for a moment, if there is one nearby.
  private mutating func pickHead(
    _ places: Range<Int>, of stretch: RingStretch, besides last: NodeID?, now: Now
  ) -> SlotIndex? {
    guard !places.isEmpty else { return nil }
    let start = random.below(places.count)
    var pick: SlotIndex?
    for step in 0..<min(places.count, RangeTree.headCandidates) {
      let candidate = hashRing.member(places.lowerBound + (start + step) % places.count, of: stretch)
      guard places.count == 1 || table.id(candidate) != last, candidate != myIndex else { continue }
      if isSettled(candidate, now: now) { return candidate }
      pick = pick ?? candidate
    }
    return pick
  }

  /// Whether a member is alive and has been one for so long that it must know the others.
  func isSettled(_ index: SlotIndex, now: Now) -> Bool {
    table.status(index) == .alive && !newcomers.contains(index, at: now.monotonic)
  }

  /// Hands news to the member that gathers it for all.
  mutating func handOver(_ fields: RawSpan, to root: SlotIndex, now: Now, into outbox: inout Outbox) {
    let own = RingRange.position(of: record.id)
    let parcel = tree.hold(fields)
    var forward = TreeForward(
      head: table.id(root), range: RingRange(from: own, to: own), members: 1, parcel: parcel)
    forward.noteSend(at: now.monotonic)
    let sequence = drawSequence()
    tree.add(forward, sequence: sequence)
    send(forward, sequence: sequence, to: root, now: now, into: &outbox)
    tree.release(parcel)
  }

  private mutating func send(
    _ forward: TreeForward, sequence: UInt32, to head: SlotIndex, now: Now, into outbox: inout Outbox
  ) {
    guard let endpoint = table.endpoint(head) else { return }
    counters.treeForwardsSent += 1
    let start = outbox.bytes.count
    DatagramHeader(
      tree: .tree, sequence: sequence + forward.attempt, range: forward.range, members: UInt64(forward.members)
    ).write(to: &outbox.bytes)
    outbox.bytes.append(contentsOf: tree.parcels[forward.parcel])
    endDatagram(from: start, receiver: forward.head, endpoint: endpoint, into: &outbox)
    let patience = patience(now: now)
    // At a node that runs on time, one that answers late says little about the others.
    let longest = patience > 0 ? RangeTree.longestTimeout : RangeTree.longestTimelyTimeout
    let usual = forwardRoundTrip.isSampled ? forwardRoundTrip.timeout(ceiling: longest) : 0
    let timeout = max(RangeTree.shortestTimeout, roundTripTimeout, usual)
    let wait = RangeTree.wait(afterSends: forward.sends, timeout: timeout)
    timers.set(.treeForward, key: UInt64(sequence), at: now.monotonic + wait + patience)
  }

  // MARK: Sending again

  /// A head has not acknowledged: the same one is asked once more, then others; a node that runs late asks no others while the head lives.
  mutating func forwardExpired(_ sequence: UInt32, now: Now, into outbox: inout Outbox) {
    guard phase == .admitted || phase == .leaving, var forward = tree[sequence] else { return }
    if forward.range.isWhole, forward.sends >= EpochRoot.handoverLimit {
      guard treeAllowance.take(at: now.monotonic) else {
        timers.set(.treeForward, key: UInt64(sequence), at: now.monotonic + RangeTree.treeInterval)
        return
      }
      let news = tree.parcels[forward.parcel]
      startTree(news.rawSpan, now: now, into: &outbox)
      tree.remove(sequence)
      return
    }
    var head = table.find(forward.head)
    // Where we are late ourselves the head most likely is as well: another one would tell everybody in its part a second time.
    let isGone = head.map { !table.status($0).isLiving } ?? true
    let isSilent = forward.sends >= RangeTree.sendsToOneHead && patience(now: now) == 0
    if !forward.isLeaf, isGone || isSilent { head = nextHead(for: forward, now: now) ?? head }
    let isRepeated = forward.sends > 0
    guard let head, table.status(head).isLiving, forward.sends < sendLimit(of: forward, to: head),
      !isRepeated || repeatBudget.take(at: now.monotonic)
    else {
      counters.treeForwardsGivenUp += 1
      tree.remove(sequence)
      return
    }
    if isRepeated { counters.treeForwardsRepeated += 1 }
    forward.head = table.id(head)
    forward.noteSend(at: now.monotonic)
    tree.update(forward, sequence: sequence)
    send(forward, sequence: sequence, to: head, now: now, into: &outbox)
  }

  private mutating func nextHead(for forward: TreeForward, now: Now) -> SlotIndex? {
    hashRing.settle(in: table)
    let stretch = hashRing.stretch(forward.range, in: table)
    return pickHead(0..<stretch.count, of: stretch, besides: forward.head, now: now)
  }

  private func sendLimit(of forward: TreeForward, to head: SlotIndex) -> Int {
    guard forward.isLeaf else { return RangeTree.sendLimit }
    return table.status(head) == .alive ? RangeTree.leafSendLimit : RangeTree.suspectSendLimit
  }

  // MARK: Receiving

  /// Sorts out what needs no more than an answer: an acknowledgement, or news that came before. True when there is more to do.
  mutating func isFresh(
    _ header: DatagramHeader, from sender: NodeID, now: Now, into outbox: inout Outbox
  ) -> Bool {
    if table.find(sender) != nil { heard(sender, now: now, into: &outbox) }
    guard header.type == .tree else {
      acknowledged(header.sequence, now: now)
      return false
    }
    guard answersFor(header), !tree.note(Exchange.number(of: header.sequence), from: sender) else { return true }
    acknowledge(header.sequence, to: sender, into: &outbox)
    return false
  }

  /// A part is done with, whichever of its heads says so.
  private mutating func acknowledged(_ sequence: UInt32, now: Now) {
    let exchange = Exchange.number(of: sequence)
    guard let forward = tree[exchange], forward.sends > 0 else { return }
    repeatBudget.earn()
    if let sentAt = forward.sentAt(attempt: sequence - exchange) {
      let time = now.monotonic.since(sentAt)
      forwardRoundTrip.sample(time)
      // What was sent again was late or lost: that says nothing about how soon a ping is answered.
      if forward.sends == 1 { roundTrip.sample(time) }
    }
    tree.remove(exchange)
  }

  /// Acknowledges news of a tree and passes it on to our part, as it came.
  ///
  /// Who is asked to take a silent head's place, and has had the news, most likely had it from that head: it only answers late, and what it
  /// has begun is not done a second time. Otherwise, where everybody is late, each tree would become several.
  mutating func passOn(
    _ fields: RawSpan, header: DatagramHeader, from sender: NodeID, now: Now, into outbox: inout Outbox
  ) {
    guard answersFor(header) else { return }
    acknowledge(header.sequence, to: sender, into: &outbox)
    guard !header.range.isWhole else { return }
    let isNews = tree.noteNews(fields, at: now.monotonic)
    let isReplacement = Int(Exchange.attempt(of: header.sequence)) >= RangeTree.sendsToOneHead
    guard header.members > 1, isNews || !isReplacement else { return }
    let parcel = tree.hold(fields)
    forward(parcel, to: header.range, now: now, into: &outbox)
    tree.release(parcel)
  }

  /// A newcomer that has no table yet would pass news on to nobody: it takes it for itself, and somebody else is asked to head.
  private func answersFor(_ header: DatagramHeader) -> Bool { header.members <= 1 || pullingTable == nil }

  private mutating func acknowledge(_ sequence: UInt32, to sender: NodeID, into outbox: inout Outbox) {
    guard let index = table.find(sender), let endpoint = table.endpoint(index) else {
      counters.rejectedUnknownSender += 1
      return
    }
    let start = outbox.bytes.count
    DatagramHeader(tree: .treeAck, sequence: sequence).write(to: &outbox.bytes)
    endDatagram(from: start, receiver: sender, endpoint: endpoint, into: &outbox)
  }
}
