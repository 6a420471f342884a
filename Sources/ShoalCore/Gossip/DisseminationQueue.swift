/// News that still has to be passed on: fewest sends first, accusations before the rest.
///
/// The queue holds references; what is sent is the member's state at that moment. Newer news about a member replaces the
/// older. An update falls out after `limit` sends. Holds at most one live entry for each known member.
struct DisseminationQueue {
  private struct Entry: BitwiseCopyable {
    var index: SlotIndex
    var token: UInt32
  }

  /// Two buckets for each number of sends: urgent, then ordinary.
  private var buckets: [[Entry]] = []
  private var sent: [(entry: Entry, bucket: Int)] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func enqueue(_ index: SlotIndex, in table: inout MemberTable) {
    let entry = Entry(index: index, token: table.nextNewsToken(index))
    append(entry, bucket: table.status(index) == .alive ? 1 : 0)
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
    var isFull = false
    var written = 0
    for bucket in buckets.indices where !buckets[bucket].isEmpty && !isFull {
      var kept = 0
      for position in buckets[bucket].indices {
        let entry = buckets[bucket][position]
        guard table.isOccupied(entry.index), table.newsToken(entry.index) == entry.token else {
          count -= 1
          continue
        }
        if entry.index == receiver {
          // What a member is told about itself, it is told apart from the queue; here it counts as sent, so that news
          // that nobody else could be told does not stay for ever.
          sent.append((entry, bucket))
          count -= 1
          continue
        }
        let start = bytes.count
        if !isFull {
          bytes.writeField(FieldTag.update) { table.writeUpdate(about: entry.index, to: &$0) }
          if bytes.count <= limitBytes {
            sent.append((entry, bucket))
            count -= 1
            written += 1
            continue
          }
          bytes.removeSubrange(start...)
          isFull = true
        }
        buckets[bucket][kept] = entry
        kept += 1
      }
      buckets[bucket].removeSubrange(kept...)
    }
    for (entry, bucket) in sent where bucket / 2 + 1 < sendLimit { append(entry, bucket: bucket + 2) }
    return written
  }

  mutating func removeAll() {
    buckets.removeAll(keepingCapacity: true)
    count = 0
  }

  private mutating func append(_ entry: Entry, bucket: Int) {
    while buckets.count <= bucket { buckets.append([]) }
    buckets[bucket].append(entry)
    count += 1
  }

  private mutating func compact(_ table: borrowing MemberTable) {
    count = 0
    for bucket in buckets.indices {
      var kept = 0
      for position in buckets[bucket].indices {
        let entry = buckets[bucket][position]
        guard table.isOccupied(entry.index), table.newsToken(entry.index) == entry.token else { continue }
        buckets[bucket][kept] = entry
        kept += 1
      }
      buckets[bucket].removeSubrange(kept...)
      count += kept
    }
  }

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
