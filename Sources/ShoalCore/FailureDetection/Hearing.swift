/// Whom this node has heard lately: enough to tell whether it is cut off, and who could bear witness in a small cluster.
struct Hearing {
  private struct Voice {
    var id: NodeID
    var at: Instant
  }

  /// Three witnesses at most are ever waited for; a few more keep the count right when the subject is among them.
  private static let limit = 6
  private var voices: [Voice] = []
  private var next = 0
  private(set) var last: Instant

  init(now: Instant) {
    last = now
    voices.reserveCapacity(Self.limit)
  }

  mutating func heard(_ id: NodeID, at now: Instant) {
    last = now
    if let position = voices.firstIndex(where: { $0.id == id }) {
      voices[position].at = now
    } else if voices.count < Self.limit {
      voices.append(Voice(id: id, at: now))
    } else {
      // Round robin: whichever goes, at least `limit` others were heard since.
      voices[next] = Voice(id: id, at: now)
      next = (next + 1) % Self.limit
    }
  }

  /// How many others than the subject were heard within `span`; counts to `limit` at most.
  func others(than subject: NodeID, within span: Nanoseconds, now: Instant) -> Int {
    voices.reduce(0) { $0 + ($1.id != subject && now.since($1.at) <= span ? 1 : 0) }
  }

  func silence(at now: Instant) -> Nanoseconds { now.since(last) }

  /// This node did not run for so long: nobody was silent meanwhile.
  mutating func excuse(_ stall: Nanoseconds, now: Instant) {
    last = min(now, last + stall)
    for position in voices.indices { voices[position].at = min(now, voices[position].at + stall) }
  }
}
