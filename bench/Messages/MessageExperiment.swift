/// One exchange that real nodes and plain SwiftNIO both carry out, in turns.
enum MessageExperiment: Sendable {
  case oneWay(bytes: Int)
  case requests(inFlight: Int)
  case broadcast(peers: Int)

  static let oneWaySizes = [100, 1_024, 65_536]
  static let inFlights = [1, 64]
  static let broadcastPeers = [5, 50]

  static let all: [MessageExperiment] =
    oneWaySizes.map { .oneWay(bytes: $0) } + inFlights.map { .requests(inFlight: $0) }
    + broadcastPeers.map { .broadcast(peers: $0) }

  /// What requests, replies and broadcasts carry. Bytes.
  private static let smallBytes = 100
  /// So many broadcasts are made for each second that a figure is taken.
  private static let broadcastsPerSecond = 40.0

  /// For the progress line.
  var title: String {
    switch self {
    case .oneWay(let bytes): "messages of \(bytes) B"
    case .requests(let inFlight): "requests, \(inFlight) in flight"
    case .broadcast(let peers): "broadcasts to \(peers) nodes"
    }
  }

  /// What it measures; each side's values come in this order.
  var figures: [MessageFigure] {
    switch self {
    case .oneWay(let bytes):
      [
        MessageFigure(name: "messages_per_second_\(bytes)", title: "\(Self.size(bytes)) one way", unit: "1/s"),
        MessageFigure(
          name: "cpu_seconds_per_message_\(bytes)", title: "… CPU time of both ends for one message", unit: "s"),
      ]
    case .requests(let inFlight):
      [
        MessageFigure(
          name: "request_p50_\(inFlight)", title: "request and reply, \(inFlight) in flight, median", unit: "s"),
        MessageFigure(name: "request_p99_\(inFlight)", title: "… 99 % within", unit: "s"),
      ]
    case .broadcast(let peers):
      [
        MessageFigure(
          name: "broadcast_\(peers)", title: "broadcast to \(peers) nodes until all have acknowledged, median",
          unit: "s")
      ]
    }
  }

  private static func size(_ bytes: Int) -> String { bytes % 1_024 == 0 ? "\(bytes / 1_024) KiB" : "\(bytes) B" }

  /// By real nodes.
  func shoal(_ nodes: MessageNodes, seconds: Double) throws -> [Double] {
    switch self {
    case .oneWay(let bytes): try Self.values(nodes.oneWay(bytes: bytes, seconds: seconds))
    case .requests(let inFlight):
      try Self.percentiles(nodes.requests(inFlight: inFlight, bytes: Self.smallBytes, seconds: seconds))
    case .broadcast: try Self.median(nodes.broadcasts(Self.broadcasts(seconds), bytes: Self.smallBytes))
    }
  }

  /// By plain SwiftNIO.
  func plain(_ exchange: PlainExchange, seconds: Double) throws -> [Double] {
    switch self {
    case .oneWay(let bytes): try Self.values(exchange.oneWay(bytes: bytes, seconds: seconds))
    case .requests(let inFlight):
      try Self.percentiles(exchange.requests(inFlight: inFlight, bytes: Self.smallBytes, seconds: seconds))
    case .broadcast(let peers):
      try Self.median(exchange.broadcasts(Self.broadcasts(seconds), peers: peers, bytes: Self.smallBytes))
    }
  }

  private static func broadcasts(_ seconds: Double) -> Int { max(5, Int(broadcastsPerSecond * seconds)) }

  private static func values(_ throughput: Throughput) -> [Double] {
    [throughput.perSecond, throughput.cpuSecondsPerMessage]
  }

  private static func percentiles(_ times: [Double]) throws -> [Double] {
    let statistics = Statistics(of: times, missing: 0)
    guard let p50 = statistics.p50, let p99 = statistics.p99 else {
      throw StepFailure(sentence: "No request was answered within the time of a figure.")
    }
    return [p50, p99]
  }

  private static func median(_ times: [Double]) -> [Double] { [Statistics(of: times, missing: 0).p50 ?? 0] }
}
