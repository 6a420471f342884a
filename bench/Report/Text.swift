/// Figures as people read them.
enum Text {
  /// `130 ns`, `8.5 µs`, `850 µs`, `12.3 ms`, `4.567 s`.
  static func time(_ duration: Duration) -> String {
    let nanoseconds = duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    switch nanoseconds {
    case ..<1_000: return "\(nanoseconds) ns"
    case ..<100_000: return "\(decimal(nanoseconds, unit: 1_000, digits: 1)) µs"
    case ..<1_000_000: return "\(nanoseconds / 1_000) µs"
    case ..<1_000_000_000: return "\(decimal(nanoseconds, unit: 1_000_000, digits: 1)) ms"
    default: return "\(decimal(nanoseconds, unit: 1_000_000_000, digits: 3)) s"
    }
  }

  /// `never` for what did not happen.
  static func time(_ duration: Duration?) -> String { duration.map { time($0) } ?? "never" }

  /// `512 B`, `3.4 kB`, `2.06 MB`, `12.40 GB`.
  static func bytes(_ count: UInt64) -> String {
    switch count {
    case ..<1_000: return "\(count) B"
    case ..<1_000_000: return "\(decimal(Int64(clamping: count), unit: 1_000, digits: 1)) kB"
    case ..<1_000_000_000: return "\(decimal(Int64(clamping: count), unit: 1_000_000, digits: 2)) MB"
    default: return "\(decimal(Int64(clamping: count), unit: 1_000_000_000, digits: 2)) GB"
    }
  }

  /// Sixteen hexadecimal digits.
  static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  private static func decimal(_ value: Int64, unit: Int64, digits: Int) -> String {
    let scale = (0..<digits).reduce(Int64(1)) { power, _ in power * 10 }
    let fraction = String(value % unit * scale / unit)
    return "\(value / unit).\(String(repeating: "0", count: digits - fraction.utf8.count))\(fraction)"
  }
}

extension Text {
  /// One figure of a metric for a person, with its unit: `2.603 s`, `190 B/s`, `1.05`; `never` for what did not happen.
  ///
  /// - Parameter n: how many values there were.
  static func figure(_ value: Double?, of metric: Metric, n: Int) -> String { figure(value, unit: metric.unit) }

  /// The same for a figure of any unit that reports have.
  static func figure(_ value: Double?, unit: String) -> String {
    guard let value else { return unit == "s" ? "never" : "-" }
    switch unit {
    case "s": return time(.nanoseconds(Int64(value * 1_000_000_000)))
    case "B" where value >= 0: return bytes(UInt64(value))
    case "B/s" where value >= 0: return "\(bytes(UInt64(value)))/s"
    case "1/s": return "\(plain(rounded(value)))/s"
    case "1/h": return "\(plain(rounded(value)))/h"
    default: return plain(rounded(value))
    }
  }

  /// The same, with CPU time for each second as a time: a share of a core is a small number, thousandths of it are not.
  static func perSecond(_ value: Double?, of metric: Metric) -> String {
    guard metric == .cpuSecondsPerNodeSecond, let value else { return figure(value, unit: metric.unit) }
    return "\(figure(value, unit: "s"))/s"
  }

  /// How many times as much: `0.24`, `12.5`, `1,250`; three digits are all that a measurement holds.
  static func ratio(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return plain(value) }
    let scale = Axis.power(of: 2 - Int(Axis.log10(value).rounded(.down)))
    return grouped((value * scale).rounded() / scale)
  }

  /// `3`, `0.25`: a whole number without a point.
  static func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  /// The same with the thousands of large numbers set apart: `12,500`.
  static func grouped(_ value: Double) -> String {
    guard value == value.rounded(), abs(value) >= 10_000, abs(value) < 1e15 else { return plain(value) }
    var digits = Array(String(Int64(abs(value))))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return (value < 0 ? "-" : "") + String(digits)
  }

  private static func rounded(_ value: Double) -> Double {
    switch abs(value) {
    case ..<0.1: (value * 1_000_000).rounded() / 1_000_000
    case ..<10: (value * 1_000).rounded() / 1_000
    default: (value * 10).rounded() / 10
    }
  }
}
