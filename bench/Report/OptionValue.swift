/// An option's value, as it is written to JSON and to the command line.
package enum OptionValue: Codable, Sendable, Equatable {
  case number(Double)
  case text(String)
  case list([String])
  case flag(Bool)

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else {
      self = .list(try container.decode([String].self))
    }
  }

  /// For a person.
  var text: String {
    switch self {
    case .number(let value): Text.plain(value)
    case .text(let value): value
    case .list(let values): values.joined(separator: " ")
    case .flag(let value): value ? "yes" : "no"
    }
  }

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
