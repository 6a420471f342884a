import ShoalCore

/// How the world learned that one process is gone.
public struct Departure: Sendable {
  public enum Kind: Sendable, Hashable {
    case crash
    case leave
    case evict
  }

  public let name: String
  public let kind: Kind
  /// How long after it happened somebody first suspected the process; nil when nobody did.
  public internal(set) var firstSuspected: Duration?
  /// How long after it happened somebody first held it dead; nil when nobody did.
  public internal(set) var firstDead: Duration?
  /// How long after it happened each node first held it dead or left, earliest first.
  public internal(set) var knownAfter: [Duration] = []
  /// How many nodes held it dead first, rather than left.
  public internal(set) var heldDeadBy = 0

  let instant: Instant
  // Looked up, never iterated.
  private var observers: Set<Int32> = []

  init(name: String, kind: Kind, instant: Instant) {
    self.name = name
    self.kind = kind
    self.instant = instant
  }

  /// The time until half of those who know it knew it; nil when nobody does.
  public var knownByHalf: Duration? { knownAfter.isEmpty ? nil : knownAfter[(knownAfter.count - 1) / 2] }
  /// The time until the last of those who know it knew it; nil when nobody does.
  public var knownByAll: Duration? { knownAfter.last }

  mutating func observe(_ kind: EventKind, by observer: Int32, at now: Instant) {
    let elapsed = Duration.nanoseconds(Int64(now.since(instant)))
    switch kind {
    case .suspected:
      if firstSuspected == nil { firstSuspected = elapsed }
    case .died, .left:
      if kind == .died, firstDead == nil { firstDead = elapsed }
      guard observers.insert(observer).inserted else { return }
      knownAfter.append(elapsed)
      if kind == .died { heldDeadBy += 1 }
    case .joined, .updated, .metadataChanged, .recovered, .reaped, .admitted, .isolated, .isolationEnded, .joinFailed,
      .coordinatorChanged, .stopped:
      break
    }
  }
}
