/// News that still has to be passed on: fewest sends first, accusations before the rest.
///
/// The queue holds references; what is sent is the member's state at that moment. Newer news about a member replaces the
/// older. An update falls out after `limit` sends. Holds at most one live entry for each known member.
///
/// Filling a packet costs what is written, and a step for each stale entry met, once in that entry's life.
struct DisseminationQueue {
  private struct Entry: BitwiseCopyable {
    var index: SlotIndex
    var token: UInt32
  }

  /// Two buckets for each number of sends: urgent, then ordinary.
  private var buckets: [Fifo<Entry>] = []
  private var sent: [(entry: Entry, bucket: Int)] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// Adds news about a member. `sends` counts as sent already, for news that need not be repeated as often as others.
  mutating func enqueue(_ index: SlotIndex, sends: Int = 0, in table: inout MemberTable) {
    let entry = Entry(index: index, token: table.nextNewsToken(index))
    append(entry, bucket: 2 * sends + (table.status(index) == .alive ? 1 : 0))
    if count > 2 * table.slotCount + 64 { compact(table) }
  }

  /// Appends updates as fields until `limitBytes` is reached or nothing is left; returns how many.
  ///
  /// - Parameter sendLimit: after how many sends an update is done.
  mutating func fill(
    _ bytes: inout [UInt8], limitBytes: Int, sendLimit: Int, skipping receiver: SlotIndex?,
    in table: borrowing MemberTable
  ) -> Int {
    guard count > 0 else { return 0 }
    sent.removeAll(keepingCapacity: true)
    var written = 0
    filling: for bucket in buckets.indices {
      while let entry = buckets[bucket].first {
        guard table.isOccupied(entry.index), table.newsToken(entry.index) == entry.token else {
          removeFirst(of: bucket)
          continue
        }
        // What a member is told about itself, it is told apart from the queue; here it counts as sent, so that news that
        // nobody else could be told does not stay for ever.
        if entry.index != receiver {
          let start = bytes.count
          bytes.writeField(FieldTag.update) { table.writeUpdate(about: entry.index, to: &$0) }
          guard bytes.count <= limitBytes else {
            bytes.removeSubrange(start...)
            break filling
          }
          written += 1
        }
        removeFirst(of: bucket)
        sent.append((entry, bucket))
      }
    }
    for (entry, bucket) in sent where bucket / 2 + 1 < sendLimit { append(entry, bucket: bucket + 2) }
    return written
  }

  mutating func removeAll() {
    buckets.removeAll(keepingCapacity: true)
    count = 0
  }

  private mutating func append(_ entry: Entry, bucket: Int) {
    while buckets.count <= bucket { buckets.append(Fifo()) }
    buckets[bucket].append(entry)
    count += 1
  }

  private mutating func removeFirst(of bucket: Int) {
    _ = buckets[bucket].popFirst()
    count -= 1
  }

  private mutating func compact(_ table: borrowing MemberTable) {
    count = 0
    for bucket in buckets.indices {
      buckets[bucket].removeAll { !table.isOccupied($0.index) || table.newsToken($0.index) != $0.token }
      count += buckets[bucket].count
    }
  }

  /// How often news is sent by each node when it goes by plain gossip although trees are in use, and when it only follows up on a
  /// tree or a repair.
  static let plainSendLimit = 4
  static let followUpSends = 2

  /// memberlist's limit: multiplier × ⌈log10(N + 1)⌉, at least the multiplier.
  static func sendLimit(multiplier: Int, members: Int) -> Int {
    multiplier * max(1, Int(FixedPoint.ceilingLog10(UInt64(members) + 1)))
  }
}

extension MemberTable {
  /// Writes the news about one member in its present state, without copying its record.
  func writeUpdate(about index: SlotIndex, to bytes: inout [UInt8]) {
    guard isOccupied(index) else { return }
    let record = record(index)
    let claim = Update.Claim(id: record.id, incarnation: incarnation(index))
    switch status(index) {
    case .alive: record.write(to: &bytes)
    case .suspect: Update.suspect(claim, evidence(index) ?? Evidence(accuser: record.id, paths: [])).write(to: &bytes)
    case .dead: Update.dead(claim, evidence(index) ?? Evidence(accuser: record.id, paths: [])).write(to: &bytes)
    case .left: Update.left(claim, leaveReason(index) ?? .left).write(to: &bytes)
    }
  }
}
