/// A part of a tree whose head has not acknowledged yet.
struct TreeForward: BitwiseCopyable {
  var head: NodeID
  let range: RingRange
  /// How many members we know in there.
  let members: Int
  /// The updates, as fields.
  let parcel: ParcelID
  private(set) var sends = 0
  private var firstSentAt = Instant.zero
  private var lastSentAt = Instant.zero

  init(head: NodeID, range: RingRange, members: Int, parcel: ParcelID) {
    self.head = head
    self.range = range
    self.members = members
    self.parcel = parcel
  }

  var isLeaf: Bool { members == 1 }

  mutating func noteSend(at now: Instant) {
    if sends == 0 { firstSentAt = now }
    lastSentAt = now
    sends += 1
  }

  /// Which send the latest one was, counted from 0. Added to the sequence number, so that an answer says which send it answers.
  var attempt: UInt32 { UInt32(min(max(0, sends - 1), Int(Exchange.attempts) - 1)) }

  /// When that attempt was sent; nil when it is not remembered.
  func sentAt(attempt: UInt32) -> Instant? {
    guard sends > 0 else { return nil }
    if attempt == 0 { return firstSentAt }
    return attempt == self.attempt ? lastSentAt : nil
  }
}

/// The parts of trees that this node answers for, and what it has seen of others' trees.
struct TreeTable {
  /// At most so many parts wait for acknowledgements; further ones are sent once and left to repair.
  static let forwardLimit = 2_048
  /// So many of the latest datagrams are remembered, to tell a repeated one from a new one.
  static let seenLimit = 256
  private static let keptCapacity = 64
  /// So much of the latest news is remembered, for so long: longer than a node that is on time waits for a head before it asks another.
  static let newsLimit = 32
  static let newsTime = Nanoseconds.seconds(2)

  // Looked up, never iterated.
  private var forwards: [UInt32: TreeForward] = [:]
  private(set) var parcels = ParcelTable()
  private var seen: [UInt64] = []
  private var nextSeen = 0
  private var news: [(mark: UInt64, at: Instant)] = []
  private var nextNews = 0

  var count: Int { forwards.count }
  var isFull: Bool { forwards.count >= Self.forwardLimit }

  subscript(sequence: UInt32) -> TreeForward? { forwards[sequence] }

  // MARK: Parts

  /// Keeps news for as long as anything is done with it. Every `hold` is answered by a `release`.
  mutating func hold(_ news: RawSpan) -> ParcelID { parcels.add(news) }
  mutating func release(_ parcel: ParcelID) { parcels.release(parcel) }

  mutating func add(_ forward: TreeForward, sequence: UInt32) {
    guard !isFull else { return }
    parcels.retain(forward.parcel)
    forwards[sequence] = forward
  }

  mutating func update(_ forward: TreeForward, sequence: UInt32) {
    if forwards[sequence] != nil { forwards[sequence] = forward }
  }

  /// Takes a part that was acknowledged, by whichever of its heads, or is given up.
  mutating func remove(_ sequence: UInt32) {
    guard let forward = forwards.removeValue(forKey: sequence) else { return }
    parcels.release(forward.parcel)
    // The memory of a burst is given back.
    if forwards.isEmpty, forwards.capacity > Self.keptCapacity { forwards = [:] }
  }

  mutating func removeAll() {
    forwards.removeAll()
    parcels = ParcelTable()
  }

  // MARK: What was seen

  /// Notes a datagram of a tree; false when it was noted before.
  mutating func note(_ sequence: UInt32, from sender: NodeID) -> Bool {
    let mark = StableHash.combine(StableHash.combine(sender.high, sender.low), UInt64(sequence))
    guard !seen.contains(mark) else { return false }
    if seen.count < Self.seenLimit {
      seen.append(mark)
    } else {
      seen[nextSeen] = mark
      nextSeen = (nextSeen + 1) % Self.seenLimit
    }
    return true
  }

  /// Notes news that has come down a tree; false when the same bytes came a moment ago.
  mutating func noteNews(_ fields: RawSpan, at now: Instant) -> Bool {
    let mark = StableHash.hash(of: fields)
    guard !news.contains(where: { $0.mark == mark && now.since($0.at) < Self.newsTime }) else { return false }
    if news.count < Self.newsLimit {
      news.append((mark, now))
    } else {
      news[nextNews] = (mark, now)
      nextNews = (nextNews + 1) % Self.newsLimit
    }
    return true
  }
}

/// Names the news of one tree while this node has to do with it.
struct ParcelID: BitwiseCopyable, Hashable {
  fileprivate let place: Int
}

/// News on its way, each with the number of those who need it. Buffers are used again, so that passing news on allocates nothing
/// once there are enough of them.
struct ParcelTable {
  private var parcels: [(bytes: [UInt8], users: Int)] = []
  private var free: [Int] = []

  /// So many keep their memory when nobody needs them; those of a burst give it back.
  private static let keptBuffers = 8

  subscript(id: ParcelID) -> [UInt8] { parcels[id.place].bytes }

  /// How many are in use.
  var count: Int { parcels.count - free.count }

  mutating func add(_ news: RawSpan) -> ParcelID {
    let place = free.popLast() ?? parcels.count
    if place == parcels.count { parcels.append((bytes: [], users: 0)) }
    parcels[place].bytes.write(news)
    parcels[place].users = 1
    return ParcelID(place: place)
  }

  mutating func retain(_ id: ParcelID) { parcels[id.place].users += 1 }

  mutating func release(_ id: ParcelID) {
    parcels[id.place].users -= 1
    guard parcels[id.place].users == 0 else { return }
    parcels[id.place].bytes.removeAll(keepingCapacity: id.place < Self.keptBuffers)
    free.append(id.place)
  }
}
