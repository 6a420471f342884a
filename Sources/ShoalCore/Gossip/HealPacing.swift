/// How often the dead are asked whether they have come back.
package enum HealPacing {
  /// A node considers one of the dead so often, so that it sends at most one packet a second for it.
  package static let tick = Nanoseconds.seconds(1)
  /// Each of the dead is asked once in so long by all members together, for its first minute.
  static let interval = Nanoseconds.seconds(5)
  private static let steadyTime = Nanoseconds.seconds(60)
  private static let longestInterval = Nanoseconds.seconds(600)

  /// Whether a node picks one of `dead` at a tick: so that `living` nodes together pick each one once per interval.
  package static func picks(dead: Int, living: Int, random: inout PRNG) -> Bool {
    random.below(Int(interval / tick) * max(1, living)) < dead
  }

  /// Out of how many intervals one is used: 1 in the first minute, twice as many with every doubling of the time since, up to ten
  /// minutes.
  package static func stretch(age: Nanoseconds) -> Int {
    var stretch = 1
    var end = steadyTime
    while age >= end, UInt64(stretch) * interval < longestInterval {
      stretch *= 2
      end *= 2
    }
    return stretch
  }
}
