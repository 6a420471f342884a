/// Logarithms without floating point, so that every machine takes the same decision.
package enum FixedPoint {
  /// log2(value) in 1/65536ths; 0 for values below 2. Squares the mantissa once per fractional bit.
  package static func log2(_ value: UInt64) -> UInt64 {
    guard value > 1 else { return 0 }
    let whole = UInt64(63 - value.leadingZeroBitCount)
    // The mantissa in [1, 2) with 31 fractional bits, so that its square fits 64 bits.
    var mantissa = whole > 31 ? value >> (whole - 31) : value << (31 - whole)
    var fraction: UInt64 = 0
    for _ in 0..<16 {
      mantissa = (mantissa * mantissa) >> 31
      fraction <<= 1
      if mantissa >= 1 << 32 {
        mantissa >>= 1
        fraction |= 1
      }
    }
    return whole << 16 | fraction
  }

  /// ⌈log10(value)⌉ for value ≥ 1: the number of digits of `value - 1`.
  package static func ceilingLog10(_ value: UInt64) -> UInt64 {
    var power: UInt64 = 1
    var exponent: UInt64 = 0
    while power < value {
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      exponent += 1
      if overflow { break }
      power = next
    }
    return exponent
  }

  /// log10(value) in 1/65536ths.
  package static func log10(_ value: UInt64) -> UInt64 {
    // log10(2) = 0.30103 = 19728.3 / 65536.
    (log2(value) &* 19_728) >> 16
  }
}
