/// One figure of Shoal's beside the same of plain SwiftNIO, round by round.
struct MessageFigure: Sendable {
  /// As in JSON.
  let name: String
  /// For a person.
  let title: String
  /// `1/s`, where more is better, or `s`, where less is.
  let unit: String
  private(set) var shoal: [Double] = []
  private(set) var plain: [Double] = []

  init(name: String, title: String, unit: String) {
    self.name = name
    self.title = title
    self.unit = unit
  }

  mutating func add(shoal: Double, plain: Double) {
    self.shoal.append(shoal)
    self.plain.append(plain)
  }

  /// Shoal over plain SwiftNIO, round by round.
  var ratios: [Double] { zip(shoal, plain).compactMap { $1 > 0 ? $0 / $1 : nil } }

  /// How many times as long Shoal takes for the same.
  var slowdowns: [Double] { unit == "1/s" ? ratios.compactMap { $0 > 0 ? 1 / $0 : nil } : ratios }

  static let header = ["", "Shoal", "plain NIO", "Shoal / plain NIO", "least … most"]

  var row: [String] {
    let ratios = ratios
    let spread = [ratios.min(), ratios.max()].map { $0.map { Text.ratio($0) } ?? "-" }
    return [
      title, Text.message(Self.median(shoal), unit: unit), Text.message(Self.median(plain), unit: unit),
      Self.median(ratios).map { Text.ratio($0) } ?? "-", spread.joined(separator: " … "),
    ]
  }

  var metrics: [String: ReportDocument.Figures] {
    [
      name: ReportDocument.Figures(Statistics(of: shoal, missing: 0), unit: unit),
      "plain_\(name)": ReportDocument.Figures(Statistics(of: plain, missing: 0), unit: unit),
      "\(name)_over_plain": ReportDocument.Figures(Statistics(of: ratios, missing: 0), unit: "1"),
    ]
  }

  private static func median(_ values: [Double]) -> Double? { Statistics(of: values, missing: 0).p50 }
}

extension Text {
  /// Rates without their decimals, ratios with three digits.
  static func message(_ value: Double?, unit: String) -> String {
    guard let value else { return "-" }
    switch unit {
    case "1/s": return "\(grouped(value.rounded()))/s"
    case "1": return ratio(value)
    default: return figure(value, unit: unit)
    }
  }
}
