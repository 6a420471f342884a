/// Figures as people read them.
enum Text {
  /// `850 µs`, `12.3 ms`, `4.567 s`.
  static func time(_ duration: Duration) -> String {
    let nanoseconds = duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    switch nanoseconds {
    case ..<1_000_000: return "\(nanoseconds / 1_000) µs"
    case ..<1_000_000_000: return "\(decimal(nanoseconds, unit: 1_000_000, digits: 1)) ms"
    default: return "\(decimal(nanoseconds, unit: 1_000_000_000, digits: 3)) s"
    }
  }

  /// `never` for what did not happen.
  static func time(_ duration: Duration?) -> String { duration.map { time($0) } ?? "never" }

  /// `512 B`, `3.4 kB`, `2.06 MB`.
  static func bytes(_ count: UInt64) -> String {
    switch count {
    case ..<1_000: return "\(count) B"
    case ..<1_000_000: return "\(decimal(Int64(clamping: count), unit: 1_000, digits: 1)) kB"
    default: return "\(decimal(Int64(clamping: count), unit: 1_000_000, digits: 2)) MB"
    }
  }

  /// `total / parts` with one digit after the point.
  static func ratio(_ total: UInt64, _ parts: UInt64) -> String {
    parts == 0 ? "0.0" : decimal(Int64(clamping: total * 10 / parts), unit: 10, digits: 1)
  }

  private static func decimal(_ value: Int64, unit: Int64, digits: Int) -> String {
    let scale = (0..<digits).reduce(Int64(1)) { power, _ in power * 10 }
    let fraction = String(value % unit * scale / unit)
    return "\(value / unit).\(String(repeating: "0", count: digits - fraction.utf8.count))\(fraction)"
  }
}
