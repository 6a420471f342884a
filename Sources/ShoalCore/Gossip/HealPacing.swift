/// How often the dead are asked whether they have come back.
package enum HealPacing {
  /// A node takes its turn at the first of its probe periods that begins so long after the last turn: it sends at most one packet a second
  /// for the dead, and nobody is woken for it.
  package static let pause = Nanoseconds.seconds(1)
  /// Each of the dead is asked once in so long by all members together, for its first minute.
  static let interval = Nanoseconds.seconds(5)
  private static let steadyTime = Nanoseconds.seconds(60)
  private static let longestInterval = Nanoseconds.seconds(600)

  /// Whether a node asks the one of `dead` that it has drawn at its turn: so that `living` nodes together ask each one once per interval.
  ///
  /// - Parameters:
  ///   - elapsed: since its last turn.
  ///   - age: for how long the drawn one has been dead.
  package static func asks(
    dead: Int, living: Int, elapsed: Nanoseconds, age: Nanoseconds, random: inout PRNG
  ) -> Bool {
    let wanted = Int(UInt64(stretch(age: age)) * interval / .milliseconds(1))
    return random.below(wanted * max(1, living)) < dead * min(Int(elapsed / .milliseconds(1)), wanted)
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
