import Foundation

extension Axis {
  static func log10(_ value: Double) -> Double { Foundation.log10(value) }

  static func power(of exponent: Int) -> Double { pow(10, Double(exponent)) }

  static func power(_ exponent: Double) -> Double { pow(10, exponent) }
}
