/// How long a suspicion may last before it becomes a death (Lifeguard §IV.B).
///
/// Few confirmations keep the window long, so that one sick accuser has time to be refuted; each independent one shortens it
/// by a logarithm: W(c) = max(Min, Max − (Max − Min) · log(c + 1) / log(k + 1)).
package enum SuspicionWindow {
  /// - Parameters:
  ///   - confirmations: independent accusers beyond the first.
  ///   - expected: k, how many are needed for the shortest window; 0 gives the shortest at once.
  package static func duration(
    confirmations: Int, expected: Int, minimum: Nanoseconds, maximum: Nanoseconds
  ) -> Nanoseconds {
    guard expected > 0, confirmations < expected, maximum > minimum else { return minimum }
    let numerator = FixedPoint.log2(UInt64(confirmations + 1))
    let denominator = FixedPoint.log2(UInt64(expected + 1))
    let product = (maximum - minimum).multipliedFullWidth(by: numerator)
    return max(minimum, maximum - denominator.dividingFullWidth(product).quotient)
  }

  /// The shortest window: multiplier · max(1, log10 N) · interval, as memberlist has it.
  package static func minimum(multiplier: Int, members: Int, interval: Nanoseconds) -> Nanoseconds {
    let logarithm = max(1 << 16, FixedPoint.log10(UInt64(max(1, members))))
    let base = UInt64(multiplier).multipliedReportingOverflow(by: interval)
    let (high, low) = (base.overflow ? UInt64.max : base.partialValue).multipliedFullWidth(by: logarithm)
    return high >= 1 << 16 ? .max : high << 48 | low >> 16
  }
}
