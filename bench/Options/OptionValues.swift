import ArgumentParser
import ShoalCore
import ShoalSimulator

/// Where the nodes of a scenario run.
package enum TransportName: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// In virtual time, over a network that is drawn.
  case simulated
  /// In real time: real nodes on sockets of 127.0.0.1, sealed with a key.
  case loopback
}

/// A configuration by name.
enum PresetName: String, ExpressibleByArgument, CaseIterable, Sendable {
  case lan, classic, local, wan

  var configuration: CoreConfiguration {
    switch self {
    case .lan: .lan
    case .classic: .classic
    case .local: .local
    case .wan: .wan
    }
  }
}

/// How long packets travel.
enum LatencyName: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// 0.2 to 0.5 ms one way.
  case lan
  /// 20 to 80 ms one way.
  case wan

  var conditions: NetworkConditions {
    var conditions = NetworkConditions.lan
    switch self {
    case .lan: break
    case .wan:
      conditions.latency = .milliseconds(20)
      conditions.jitter = .milliseconds(60)
    }
    return conditions
  }
}

/// How losses are spread over the packets of one way.
enum LossPatternName: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// Each packet by itself.
  case even
  /// In runs of ten packets on average between two machines (Gilbert 1960).
  case bursts
}

/// One of the protocol's ideas, by the name in `Features.named`.
struct FeatureName: ExpressibleByArgument, Sendable {
  let name: String
  let feature: Features

  init?(argument: String) {
    guard let known = Features.named.first(where: { $0.name == argument }) else { return nil }
    name = known.name
    feature = known.feature
  }

  static var allValueStrings: [String] { Features.named.map(\.name) }
}
