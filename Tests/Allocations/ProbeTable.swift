/// The rows that the probe prints.
enum ProbeTable {
  private static let nameWidth = 54
  private static let columnWidth = 13

  static let memoryHead = row("bytes per member", ["table", "two rings", "all else", "node in all"])

  static func memoryRow(_ size: Int, table: Int, ring: Int, all: Int) -> String {
    row("N = \(size)", [table, ring, all - table - ring, all].map { tenths(Double($0) / Double(size)) })
  }

  static func trafficHead(_ sizes: [Int]) -> String {
    row("", sizes.flatMap { ["N = \($0):", "allocations", "ns"] } + [""]) + "\n"
      + row("traffic", sizes.flatMap { _ in ["packets", "per packet", "per packet"] } + ["ratio"])
  }

  static func trafficRow(_ scenario: Scenario, _ results: [Measurement], ratio: Double) -> String {
    let cells = results.flatMap { result in
      [
        "\(result.packets)", hundredths(Double(result.allocations) / Double(result.packets)),
        tenths(result.nanosecondsPerPacket),
      ]
    }
    return row(scenario.name + scenario.allowance.text, cells + [tenths(ratio)])
  }

  static func tenths(_ value: Double) -> String { fixed(value, digits: 1) }

  private static func hundredths(_ value: Double) -> String { value == 0 ? "0" : fixed(value, digits: 2) }

  private static func fixed(_ value: Double, digits: Int) -> String {
    let scale = digits == 1 ? 10 : 100
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    name + String(repeating: " ", count: max(1, nameWidth - name.count))
      + cells.map { String(repeating: " ", count: max(1, columnWidth - $0.count)) + $0 }.joined()
  }
}
