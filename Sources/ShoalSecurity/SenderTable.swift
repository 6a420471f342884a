import ShoalCore

/// The processes whose datagrams are taken, each with the replay window of its salt and of the salt before it.
///
/// A window is never reopened while it is here: what was seen stays seen. At most `limit` processes fit; when a further
/// one comes, those go that the engine does not know. Members and tombstones keep theirs until they are reaped.
struct SenderTable {
  private struct Sender: BitwiseCopyable {
    // First, because it is aligned to 128 bytes: a sender takes 256.
    var window: ReplayWindow
    var id: NodeID
    var salt: UInt64
  }

  /// The salt before the current one, for datagrams that were under way when it changed.
  private struct Former: BitwiseCopyable {
    var window: ReplayWindow
    var salt: UInt64
  }

  /// At most so many processes have a window, at 256 bytes each. Beyond it newcomers are refused and counted.
  static let limit = 65_536
  /// Looking for processes to forget costs a pass over the table, so it happens at most this often.
  private static let sweepInterval = Nanoseconds.seconds(1)

  private var slots: [UInt64: Int] = [:]
  private var senders: [Sender] = []
  /// By handle; only of processes that changed their salt.
  private var formers: [UInt64: Former] = [:]
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
    guard let slot = slots[handle] else { return .unproven }
    if senders[slot].salt == salt {
      return senders[slot].window.accepts(counter) ? .fresh(slot: slot) : .replayed
    }
    guard let former = formers[handle], former.salt == salt else { return .unproven }
    return former.window.accepts(counter) ? .freshFormer(slot: slot) : .replayed
  }

  /// Marks the counter of a datagram that has proved itself, and tells who sent it. Nil for other verdicts.
  mutating func mark(_ verdict: Verdict, counter: UInt64) -> NodeID? {
    switch verdict {
    case .fresh(let slot):
      senders[slot].window.mark(counter)
      return senders[slot].id
    case .freshFormer(let slot):
      let id = senders[slot].id
      formers[id.handle]?.window.mark(counter)
      return id
    case .replayed, .unproven: return nil
    }
  }

  /// Opens a window for a salt that has none.
  ///
  /// - Parameter recordSalt: the salt in the sender's record. Its window is kept if it is one of the two that are here:
  ///   a record alone would open it anew, and what it has seen would be taken twice.
  /// - Returns: false when the table is full.
  mutating func open(
    _ id: NodeID, salt: UInt64, window: ReplayWindow, recordSalt: UInt64?, now: Instant, known: (UInt64) -> Peer?
  ) -> Bool {
    if let slot = slots[id.handle] {
      if senders[slot].id == id {
        if formers[id.handle]?.salt != recordSalt || recordSalt == nil {
          formers[id.handle] = Former(window: senders[slot].window, salt: senders[slot].salt)
        }
        senders[slot].salt = salt
        senders[slot].window = window
        return true
      }
      // Two processes that share 64 random bits: the later one that proves itself replaces the other.
      forget(senders[slot].id)
    }
    if senders.count >= Self.limit { sweep(now: now, known: known) }
    guard senders.count < Self.limit else { return false }
    slots[id.handle] = senders.count
    senders.append(Sender(window: window, id: id, salt: salt))
    return true
  }

  mutating func forget(_ id: NodeID) {
    guard let slot = slots[id.handle], senders[slot].id == id else { return }
    slots[id.handle] = nil
    formers[id.handle] = nil
    let last = senders.removeLast()
    guard slot < senders.count else { return }
    senders[slot] = last
    slots[last.id.handle] = slot
  }

  /// Makes room: forgets processes that never became members.
  private mutating func sweep(now: Instant, known: (UInt64) -> Peer?) {
    if let sweptAt, now.since(sweptAt) < Self.sweepInterval { return }
    sweptAt = now
    let strangers = senders.filter { known($0.id.handle)?.id != $0.id }
    for stranger in strangers { forget(stranger.id) }
  }
}
