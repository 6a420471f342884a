/// An option's value, as it is written to JSON and to the command line.
package enum OptionValue: Encodable, Sendable, Equatable {
  case number(Double)
  case text(String)
  case list([String])
  case flag(Bool)

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .flag(let value): try container.encode(value)
    }
  }

  /// The words that give this value to an option called `name`.
  func arguments(for name: String) -> [String] {
    switch self {
    case .number(let value): ["--\(name)", Text.plain(value)]
    case .text(let value): ["--\(name)", value]
    case .list(let values): values.flatMap { ["--\(name)", $0] }
    case .flag(let value): value ? ["--\(name)"] : []
    }
  }
}
