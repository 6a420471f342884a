/// How long a suspicion may last before it becomes a death (Lifeguard §IV.B).
///
/// Few confirmations keep the window long, so that one sick accuser has time to be refuted; each independent one shortens it
/// by a logarithm: W(c) = max(Min, Max − (Max − Min) · log(c + 1) / log(k + 1)).
package struct SuspicionWindow: Hashable, Sendable, BitwiseCopyable {
  package var minimum: Nanoseconds
  package var maximum: Nanoseconds
  /// k: how many independent confirmations bring the window to its minimum; with 0 it is there at once.
  package var expected: Int

  package init(minimum: Nanoseconds, maximum: Nanoseconds, expected: Int) {
    self.minimum = minimum
    self.maximum = maximum
    self.expected = expected
  }

  /// A window that nothing shortens.
  package static func fixed(_ span: Nanoseconds) -> SuspicionWindow {
    SuspicionWindow(minimum: span, maximum: span, expected: 0)
  }

  package func duration(confirmations: Int) -> Nanoseconds {
    guard expected > 0, confirmations < expected, maximum > minimum else { return minimum }
    let numerator = FixedPoint.log2(UInt64(confirmations + 1))
    let denominator = FixedPoint.log2(UInt64(expected + 1))
    let product = (maximum - minimum).multipliedFullWidth(by: numerator)
    return max(minimum, maximum - denominator.dividingFullWidth(product).quotient)
  }

  /// memberlist's window: Min = multiplier · max(1, log10 N) · interval, Max a multiple of it, k = multiplier − 2 where so
  /// many others exist.
  package static func classic(
    multiplier: Int, maxTimeoutMultiplier: Int, members: Int, interval: Nanoseconds
  ) -> SuspicionWindow {
    let shortest = minimum(multiplier: multiplier, members: members, interval: interval)
    let (longest, overflow) = shortest.multipliedReportingOverflow(by: UInt64(maxTimeoutMultiplier))
    let wanted = max(0, multiplier - 2)
    return SuspicionWindow(
      minimum: shortest, maximum: overflow ? .max : longest, expected: members - 2 < wanted ? 0 : wanted)
  }

  /// A window of seconds that does not grow with the cluster. The time until a refutation is back does not grow either; the
  /// window pays for one thing only: how long a member may be silent and still survive.
  ///
  /// - Parameter possibleWitnesses: how many others could confirm. With none nothing shortens the window.
  package static func short(toleratedFreeze: Nanoseconds, possibleWitnesses: Int) -> SuspicionWindow {
    let (longest, overflow) = toleratedFreeze.multipliedReportingOverflow(by: 3)
    let maximum = overflow ? Nanoseconds.max : longest
    guard possibleWitnesses > 0 else { return .fixed(maximum) }
    return SuspicionWindow(minimum: toleratedFreeze, maximum: maximum, expected: min(3, possibleWitnesses))
  }

  /// The shortest classic window: multiplier · max(1, log10 N) · interval.
  package static func minimum(multiplier: Int, members: Int, interval: Nanoseconds) -> Nanoseconds {
    let logarithm = max(1 << 16, FixedPoint.log10(UInt64(max(1, members))))
    let base = UInt64(multiplier).multipliedReportingOverflow(by: interval)
    let (high, low) = (base.overflow ? UInt64.max : base.partialValue).multipliedFullWidth(by: logarithm)
    return high >= 1 << 16 ? .max : high << 48 | low >> 16
  }
}
