import ShoalCore

/// Where the sealing layer's random numbers come from: the system's generator, or, in a simulated world, a seed.
///
/// Real nodes use `.system` and nothing else. A seeded source makes a simulation repeatable, and its keys worthless.
package struct RandomSource: Sendable {
  private var seeded: PRNG?

  private init(seeded: PRNG?) { self.seeded = seeded }

  /// The system's generator. The default everywhere.
  package static var system: RandomSource { RandomSource(seeded: nil) }

  /// The same numbers for the same seed: for simulations only.
  package static func seeded(_ seed: UInt64) -> RandomSource { RandomSource(seeded: PRNG(seed: seed)) }

  package mutating func next() -> UInt64 { seeded?.next() ?? Sodium.randomUInt64() }
}
