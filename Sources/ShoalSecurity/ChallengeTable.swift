import ShoalCore

/// Challenges that wait for their echo: each is good once, for one sender, one salt, and a short time.
struct ChallengeTable {
  struct Challenge: BitwiseCopyable {
    var token: UInt64
    var handle: UInt64
    var salt: UInt64
    var sentAt: Instant
  }

  /// At most so many wait; a further one takes the place of the oldest. More than are sent within `lifetime`.
  static let limit = 256
  static let lifetime = Nanoseconds.seconds(3)

  private var waiting: [Challenge] = []

  mutating func issue(token: UInt64, handle: UInt64, salt: UInt64, now: Instant) -> UInt64 {
    if waiting.count >= Self.limit { waiting.removeFirst() }
    let challenge = Challenge(token: token, handle: handle, salt: salt, sentAt: now)
    waiting.append(challenge)
    return challenge.token
  }

  /// Whether one is under way already, so that a burst of datagrams earns one challenge.
  func isWaiting(handle: UInt64, salt: UInt64, now: Instant) -> Bool {
    waiting.contains {
      $0.handle == handle && $0.salt == salt && now.since($0.sentAt) < .milliseconds(200)
    }
  }

  /// Uses up a challenge. False when there is none for exactly this echo.
  mutating func redeem(token: UInt64, handle: UInt64, salt: UInt64, now: Instant) -> Bool {
    guard
      let position = waiting.firstIndex(where: { $0.token == token && $0.handle == handle && $0.salt == salt })
    else { return false }
    return now.since(waiting.remove(at: position).sentAt) <= Self.lifetime
  }
}
