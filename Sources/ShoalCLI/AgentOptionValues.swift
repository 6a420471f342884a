import ArgumentParser
import Logging
import Shoal

/// `--role`.
enum RoleOption: String, ExpressibleByArgument, CaseIterable {
  case member
  case observer

  var role: MemberRole {
    switch self {
    case .member: .member
    case .observer: .observer
    }
  }
}

/// `--preset`.
enum PresetOption: String, ExpressibleByArgument, CaseIterable {
  case lan
  case wan
  case local

  var configuration: CoreConfiguration {
    switch self {
    case .lan: .lan
    case .wan: .wan
    case .local: .local
    }
  }
}

/// `--log-level`.
enum LogLevelOption: String, ExpressibleByArgument, CaseIterable {
  case trace
  case debug
  case info
  case notice
  case warning
  case error
  case critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

/// `--tag`: everything before the first `=` is the name.
struct TagOption: ExpressibleByArgument {
  let name: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
    name = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }
}
