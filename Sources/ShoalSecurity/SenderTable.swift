import ShoalCore

/// The processes whose datagrams are taken, each with what its salt, and the salt before it, have used up.
///
/// Some have a whole `ReplayWindow`, one of a few that go round among those who are heard. Of the others only the highest counter is kept:
/// they are taken from there on, and what was overtaken long ago is refused, seen or not. So what was seen stays seen. At most `limit`
/// processes fit; when a further one comes, those go that the engine does not know. Members and tombstones stay until they are reaped.
struct SenderTable {
  /// What was seen under one salt.
  private struct Seen: BitwiseCopyable {
    var salt: UInt64
    /// Everything up to here is used up, but for what the window says.
    var highest: UInt64 = 0
    /// Its place in `windows`; -1 when it has none.
    var window: Int16 = -1
    /// Nothing was seen yet: any counter may come first.
    var isFresh: Bool
  }

  private struct Sender: BitwiseCopyable {
    var id: NodeID
    var seen: Seen
    /// It has proved a salt that its record did not have then. While the record has another one than that, it vouches for nothing: it
    /// may be an older version that comes late, whose salt was used up long ago.
    var isAheadOfRecord = false
  }

  /// Whose a window is.
  private struct Lease: BitwiseCopyable {
    var handle: UInt64
    var salt: UInt64
  }

  /// At most so many processes are known, at some 50 bytes each. Beyond it newcomers are refused and counted.
  static let limit = 65_536
  /// So many whole windows, at 160 bytes each, go round.
  static let windowLimit = 32
  /// Looking for processes to forget costs a pass over the table, so it happens at most this often.
  private static let sweepInterval = Nanoseconds.seconds(1)

  private var slots = SlotLookup()
  private var senders: [Sender] = []
  /// By handle; only of processes that changed their salt.
  private var formers: [UInt64: Seen] = [:]
  private var windows: [ReplayWindow] = []
  private var leases: [Lease] = []
  private var nextWindow = 0
  private var sweptAt: Instant?

  enum Verdict: BitwiseCopyable {
    /// The window is open and has not seen this counter.
    case fresh(slot: Int)
    /// The same for the salt before the current one.
    case freshFormer(slot: Int)
    case replayed
    /// The process is known under other salts only, or not at all.
    case unproven
  }

  /// What is known of a counter before the datagram is opened. Changes nothing.
  func verdict(handle: UInt64, salt: UInt64, counter: UInt64) -> Verdict {
    guard let slot = find(handle) else { return .unproven }
    if senders[slot].seen.salt == salt {
      return accepts(counter, after: senders[slot].seen) ? .fresh(slot: slot) : .replayed
    }
    guard let former = formers[handle], former.salt == salt else { return .unproven }
    return accepts(counter, after: former) ? .freshFormer(slot: slot) : .replayed
  }

  private func accepts(_ counter: UInt64, after seen: Seen) -> Bool {
    if seen.window >= 0 { return windows[Int(seen.window)].accepts(counter) }
    return seen.isFresh || counter > seen.highest
  }

  /// Marks the counter of a datagram that has proved itself, and tells who sent it. Nil for other verdicts.
  mutating func mark(_ verdict: Verdict, counter: UInt64) -> NodeID? {
    switch verdict {
    case .fresh(let slot):
      let id = senders[slot].id
      if senders[slot].seen.window < 0 {
        senders[slot].seen.window = takeWindow(for: senders[slot].seen, handle: id.handle)
      }
      windows[Int(senders[slot].seen.window)].mark(counter)
      return id
    case .freshFormer(let slot):
      let id = senders[slot].id
      guard var former = formers[id.handle] else { return nil }
      if former.window < 0 {
        former.window = takeWindow(for: former, handle: id.handle)
        formers[id.handle] = former
      }
      windows[Int(former.window)].mark(counter)
      return id
    case .replayed, .unproven: return nil
    }
  }

  /// A whole window that goes on where this salt stands. The one that was taken longest ago is taken from its owner, of whom only the
  /// highest counter stays.
  private mutating func takeWindow(for seen: Seen, handle: UInt64) -> Int16 {
    let window = seen.isFresh ? ReplayWindow() : ReplayWindow(after: seen.highest)
    let lease = Lease(handle: handle, salt: seen.salt)
    if windows.count < Self.windowLimit {
      windows.append(window)
      leases.append(lease)
      return Int16(windows.count - 1)
    }
    let place = nextWindow
    nextWindow = (nextWindow + 1) % Self.windowLimit
    endLease(at: place)
    windows[place] = window
    leases[place] = lease
    return Int16(place)
  }

  private mutating func endLease(at place: Int) {
    let lease = leases[place]
    func isOver(_ seen: Seen) -> Bool { seen.window == Int16(place) && seen.salt == lease.salt }
    func closed(_ seen: Seen) -> Seen {
      Seen(salt: seen.salt, highest: windows[place].highest, isFresh: windows[place].isFresh)
    }
    if let slot = find(lease.handle), isOver(senders[slot].seen) {
      senders[slot].seen = closed(senders[slot].seen)
    } else if let former = formers[lease.handle], isOver(former) {
      formers[lease.handle] = closed(former)
    }
  }

  /// Opens a window for a salt that has none.
  ///
  /// - Parameters:
  ///   - counter: what was sealed up to it was seen; nil when nothing was seen under this salt.
  ///   - recordSalt: the salt in the sender's record. What is known of it is kept if it is one of the two that are here:
  ///     a record alone would open it anew, and what it has seen would be taken twice.
  /// - Returns: false when the table is full.
  mutating func open(
    _ id: NodeID, salt: UInt64, after counter: UInt64?, recordSalt: UInt64?, now: Instant, known: (UInt64) -> Peer?
  ) -> Bool {
    let seen = Seen(salt: salt, highest: counter ?? 0, isFresh: counter == nil)
    let isAhead = counter != nil && recordSalt != salt
    if let slot = find(id.handle) {
      if senders[slot].id == id {
        senders[slot].isAheadOfRecord = isAhead
        if formers[id.handle]?.salt != recordSalt || recordSalt == nil {
          formers[id.handle] = senders[slot].seen
        }
        senders[slot].seen = seen
        return true
      }
      // Two processes that share 64 random bits: the later one that proves itself replaces the other.
      forget(senders[slot].id)
    }
    if senders.count >= Self.limit { sweep(now: now, known: known) }
    guard senders.count < Self.limit else { return false }
    // Doubling would cost more memory than a copy now and then costs time.
    if senders.count == senders.capacity { senders.reserveCapacity(senders.count + senders.count / 8 + 8) }
    senders.append(Sender(id: id, seen: seen, isAheadOfRecord: isAhead))
    enter(senders.count - 1)
    return true
  }

  /// Whether a record with this salt, which has no window here, vouches that nothing under it was taken before.
  func trustsRecord(of handle: UInt64) -> Bool {
    guard let slot = find(handle) else { return true }
    return !senders[slot].isAheadOfRecord
  }

  mutating func forget(_ id: NodeID) {
    guard let slot = find(id.handle), senders[slot].id == id else { return }
    slots.remove(SlotIndex(slot), hash: Self.hash(of: id.handle))
    formers[id.handle] = nil
    let last = senders.removeLast()
    guard slot < senders.count else { return }
    slots.remove(SlotIndex(senders.count), hash: Self.hash(of: last.id.handle))
    senders[slot] = last
    enter(slot)
  }

  private func find(_ handle: UInt64) -> Int? {
    var walk = slots.walk(Self.hash(of: handle))
    while let index = slots.next(&walk) {
      if senders[index.position].id.handle == handle { return index.position }
    }
    return nil
  }

  private mutating func enter(_ slot: Int) {
    if slots.insert(SlotIndex(slot), hash: Self.hash(of: senders[slot].id.handle)) { return }
    slots.reset(for: senders.count)
    for slot in senders.indices { _ = slots.insert(SlotIndex(slot), hash: Self.hash(of: senders[slot].id.handle)) }
  }

  private static func hash(of handle: UInt64) -> UInt64 { StableHash.finalize(handle) }

  /// Makes room: forgets processes that never became members.
  private mutating func sweep(now: Instant, known: (UInt64) -> Peer?) {
    if let sweptAt, now.since(sweptAt) < Self.sweepInterval { return }
    sweptAt = now
    let strangers = senders.filter { known($0.id.handle)?.id != $0.id }
    for stranger in strangers { forget(stranger.id) }
  }
}
