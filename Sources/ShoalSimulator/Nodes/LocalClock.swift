import ShoalCore

/// The clocks of one machine: they may run fast or slow, and the wall clock may jump.
struct LocalClock: BitwiseCopyable {
  /// The largest deviation of a clock's rate, in millionths.
  static let rateLimit = 500_000

  private var worldBase = Clock.origin
  private var localBase = Clock.origin
  private var rate: UInt64 = 1_000_000
  private var wallOffset: Int64 = 0

  /// What the clocks show at an instant of the world.
  func now(at world: Instant) -> Now {
    let monotonic = local(at: world)
    var now = Clock.now(at: monotonic)
    now.wallMilliseconds = UInt64(clamping: Int64(clamping: now.wallMilliseconds) &+ wallOffset)
    return now
  }

  /// When, in the world's time, the monotonic clock will show `local`.
  func world(of local: Instant) -> Instant {
    guard local > localBase else { return worldBase }
    guard rate != 1_000_000 else { return worldBase + local.since(localBase) }
    return worldBase + Self.scale(local.since(localBase), 1_000_000, by: rate) + 1
  }

  mutating func changeRate(perMillion deviation: Int, at world: Instant) {
    localBase = local(at: world)
    worldBase = world
    rate = UInt64(1_000_000 + min(Self.rateLimit, max(-Self.rateLimit, deviation)))
  }

  mutating func jumpWall(byMilliseconds span: Int64) { wallOffset &+= span }

  private func local(at world: Instant) -> Instant {
    let elapsed = world.since(worldBase)
    return localBase + (rate == 1_000_000 ? elapsed : Self.scale(elapsed, rate, by: 1_000_000))
  }

  /// `span × numerator / denominator`; spans of centuries saturate.
  private static func scale(_ span: Nanoseconds, _ numerator: UInt64, by denominator: UInt64) -> Nanoseconds {
    let product = span.multipliedFullWidth(by: numerator)
    guard product.high < denominator else { return .max }
    return denominator.dividingFullWidth(product).quotient
  }
}
