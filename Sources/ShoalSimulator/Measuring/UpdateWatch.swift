package import ShoalCore

/// How one update about one member spreads.
package struct UpdateWatch {
  package let id: NodeID
  package let incarnation: UInt64
  /// Virtual time at which it was published; the other times count from here.
  package let since: Duration
  /// When each process other than the owner learned it or something newer, earliest first.
  package private(set) var learnedAfter: [Duration] = []
  /// How many copies were sent in datagrams and frames, lost ones included.
  package internal(set) var copies = 0
  // Looked up, never iterated.
  private var observers: Set<Int32> = []

  init(id: NodeID, incarnation: UInt64, since: Duration) {
    self.id = id
    self.incarnation = incarnation
    self.since = since
  }

  /// When `percent` of `count` processes knew it; nil while they do not.
  package func known(percent: Int, of count: Int) -> Duration? {
    let rank = (percent * count + 99) / 100
    return rank >= 1 && rank <= learnedAfter.count ? learnedAfter[rank - 1] : nil
  }

  mutating func learned(by process: Int32, at now: Duration) {
    if observers.insert(process).inserted { learnedAfter.append(now - since) }
  }
}
