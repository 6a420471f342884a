/// What a node holds of the order: everything from behind `base` up to `top`, without a gap.
///
/// ```
///   … ──── base │ base + 1 ─────── delivered ─────── top │ what comes next
///     forgotten │  kept for others,        for this      │
///               │  who may lack it         node's application
/// ```
struct OrderLog {
  private(set) var base: UInt64 = 0
  private var entries = Fifo<OrderedEntry>()
  /// What the entries occupy.
  private(set) var cost = 0

  init(base: UInt64 = 0) { self.base = base }

  var top: UInt64 { base + UInt64(entries.count) }

  /// The entry of a number; nil when it is not held.
  subscript(number: UInt64) -> OrderedEntry? {
    number > base && number <= top ? entries[Int(number - base - 1)] : nil
  }

  /// - Parameter entry: gets the number behind the top.
  mutating func append(_ entry: OrderedEntry) {
    var entry = entry
    entry.number = top + 1
    cost += entry.cost
    entries.append(entry)
  }

  /// Forgets everything up to a number.
  mutating func trim(upTo number: UInt64) {
    while base < number, let entry = entries.popFirst() {
      base += 1
      cost -= entry.cost
    }
  }

  /// As many from behind `number` on as fit into so many bytes; one at least, where there is one.
  func batch(after number: UInt64, bytes: Int) -> [OrderedEntry] {
    var batch: [OrderedEntry] = []
    var cost = 0
    var next = number + 1
    while let entry = self[next], batch.isEmpty || cost + entry.cost <= bytes {
      batch.append(entry)
      cost += entry.cost
      next += 1
    }
    return batch
  }
}
