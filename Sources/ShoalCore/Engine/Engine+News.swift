/// News that everybody shall learn: which way it goes, and how it is gathered before it does.
extension Engine {
  /// Passes news on according to its source: what a tree brings needs no help, what arose here needs a tree.
  mutating func spreadByTree(_ index: SlotIndex, now: Now) {
    updateRate.note(at: now.monotonic)
    let isMine = index == myIndex
    switch newsSource {
    case .here where isVerdictOfOthers(index): queue.enqueue(index, sends: DisseminationQueue.followUpSends, in: &table)
    case .here: originate(index, now: now)
    case .admission: announcements.append(index, from: table)
    case .handover where isMine, .tree where isMine, .piggyback where isMine, .gossip where isMine,
      .repair where isMine:
      originate(index, now: now)
    case .tree, .handover: break
    case .piggyback, .repair: queue.enqueue(index, sends: DisseminationQueue.followUpSends, in: &table)
    case .gossip: gossipPlainly(index, now: now)
    }
    if isMine { queue.enqueue(index, sends: DisseminationQueue.followUpSends, in: &table) }
  }

  /// Whether a death was concluded here from somebody else's accusation: its accuser concludes the same and tells everybody.
  private func isVerdictOfOthers(_ index: SlotIndex) -> Bool {
    table.status(index) == .dead && table.evidence(index)?.accuser != record.id
  }

  /// Gathers news that everybody shall learn; a tree for it starts very soon, or a little later at the root of a busy cluster.
  private mutating func originate(_ index: SlotIndex, now: Now) {
    guard !news.isFull else {
      gossipPlainly(index, now: now)
      return
    }
    if index == myIndex, let older = record(before: record) {
      news.append(index, from: older, to: record)
    } else {
      news.append(index, from: table)
    }
    armNews(isRoot: isBusy(now: now) && root(now: now) == myIndex, now: now)
  }

  /// The version of our own record that everybody holds, when the newest one is but a change of it.
  private func record(before newest: Record) -> Record? {
    changedFrom.flatMap { $0.incarnation < newest.incarnation ? $0 : nil }
  }

  /// Gathers what its origin has handed to us, whether or not it is news to us; beyond the limit its origin's repair is relied on.
  mutating func gather(_ field: borrowing ReceivedField, about subject: NodeID, now: Now) {
    guard !news.isFull else { return }
    news.append(field, about: table.find(subject))
    armNews(isRoot: true, now: now)
  }

  private mutating func armNews(isRoot: Bool, now: Now) {
    let due = now.monotonic + (isRoot ? EpochRoot.gatherTime : RangeTree.gatherTime)
    if let newsDue, newsDue <= due { return }
    newsDue = due
    timers.set(.news, at: due)
  }

  /// Sends gathered news on its way: by a tree of our own, or to the root when the cluster is busy.
  mutating func newsGathered(now: Now, into outbox: inout Outbox) {
    guard phase == .admitted || phase == .leaving else { return }
    if phase == .admitted, let newsDue, newsDue > now.monotonic { return }
    newsDue = nil
    let root = isBusy(now: now) && phase == .admitted ? root(now: now) : nil
    for piece in news.take(pieceBytes: pieceBytes) {
      if let root, root != myIndex {
        handOver(piece.news.rawSpan, to: root, now: now, into: &outbox)
      } else {
        sendToAll(piece, now: now, into: &outbox)
      }
    }
  }

  /// Tells everybody of those who were let in here, before they themselves learn it. Never by way of a root: nobody may pull a
  /// table and then miss what is on its way to the root.
  mutating func announce(now: Now, into outbox: inout Outbox) {
    for piece in announcements.take(pieceBytes: pieceBytes) { sendToAll(piece, now: now, into: &outbox) }
  }

  private mutating func sendToAll(_ piece: NewsBatch.Piece, now: Now, into outbox: inout Outbox) {
    if treeAllowance.take(at: now.monotonic) {
      startTree(piece.news.rawSpan, now: now, into: &outbox)
    } else {
      for index in piece.indices where table.isOccupied(index) { gossipPlainly(index, now: now) }
    }
  }

  /// How many bytes of news fit in one datagram of a tree.
  private var pieceBytes: Int { settings.datagramBytes - 24 }

  // MARK: The root of a busy cluster

  /// Whether there is so much news that it should be sent in batches.
  mutating func isBusy(now: Now) -> Bool {
    table.livingCount >= EpochRoot.membersFrom && updateRate.isBusy(at: now.monotonic)
  }

  /// Who gathers at present, as far as we know. Looks at all members once in an epoch.
  private mutating func root(now: Now) -> SlotIndex? {
    let epoch = EpochRoot.epoch(at: now)
    if let root, root.epoch == epoch, table.find(root.id) == root.index, table.status(root.index) == .alive {
      return root.index
    }
    var best: (weight: UInt64, index: SlotIndex)?
    for index in table.living where table.status(index) == .alive {
      let weight = EpochRoot.weight(of: table.id(index), epoch: epoch)
      if best.map({ weight > $0.weight }) ?? true { best = (weight, index) }
    }
    root = best.map { EpochRoot(epoch: epoch, index: $0.index, id: table.id($0.index)) }
    return best?.index
  }
}
