/// How many views there are in the world, kept as each one changes: O(1) per change.
struct ViewTally {
  // Looked up and counted, never iterated.
  private var nodesByFingerprint: [UInt64: Int] = [:]
  private(set) var admitted = 0
  private(set) var joining = 0
  private(set) var paused = 0
  /// The most views that were held at once.
  private(set) var mostDistinct = 0
  private var everSeen: Set<UInt64> = []

  /// How many different views admitted nodes hold.
  var distinct: Int { nodesByFingerprint.count }
  /// How many different views were ever held.
  var distinctEver: Int { everSeen.count }

  mutating func change(from old: ViewStanding, to new: ViewStanding) {
    switch old {
    case .absent: break
    case .paused: paused -= 1
    case .joining: joining -= 1
    case .admitted(let fingerprint):
      admitted -= 1
      let left = nodesByFingerprint[fingerprint, default: 0] - 1
      nodesByFingerprint[fingerprint] = left > 0 ? left : nil
    }
    switch new {
    case .absent: break
    case .paused: paused += 1
    case .joining: joining += 1
    case .admitted(let fingerprint):
      admitted += 1
      nodesByFingerprint[fingerprint, default: 0] += 1
      everSeen.insert(fingerprint)
      mostDistinct = max(mostDistinct, distinct)
    }
  }
}
