import Foundation

/// What `simulate` measures. Durations are virtual; bytes are on the wire, sealed, headers included.
struct Figures {
  let nodes: Int
  let seed: UInt64
  let lossPercent: Int
  var oneView: Duration?
  var distinctViews = 0
  var seedBytes: UInt64 = 0
  var formationBytes: UInt64 = 0
  var restPackets: UInt64 = 0
  var restBytes: UInt64 = 0
  var restNodeSeconds: UInt64 = 0
  var newsEverywhere: Duration?
  var firstSuspect: Duration?
  var firstDead: Duration?
  var deadAtHalf: Duration?
  var deadEverywhere: Duration?
  var restart: Duration?
  var leave: Duration?
  var traceHash: UInt64 = 0
  var eventsHandled: UInt64 = 0

  init(nodes: Int, seed: UInt64, lossPercent: Int) {
    self.nodes = nodes
    self.seed = seed
    self.lossPercent = lossPercent
  }

  /// For a person.
  var rows: [[String]] {
    [
      ["time to one view", Text.time(oneView)],
      ["different views on the way", "\(distinctViews)"],
      ["bytes sent by the seed until then", Text.bytes(seedBytes)],
      ["bytes sent by all until then", Text.bytes(formationBytes)],
      ["at rest: packets per node and second", Text.ratio(restPackets, restNodeSeconds)],
      ["at rest: bytes per node and second", Text.ratio(restBytes, restNodeSeconds)],
      ["an update known everywhere after", Text.time(newsEverywhere)],
      ["crash: first suspected after", Text.time(firstSuspect)],
      ["crash: first held dead after", Text.time(firstDead)],
      ["crash: dead at half of the nodes after", Text.time(deadAtHalf)],
      ["crash: dead at every node after", Text.time(deadEverywhere)],
      ["restart known everywhere after", Text.time(restart)],
      ["leave known everywhere after", Text.time(leave)],
    ]
  }

  /// For a program: seconds and bytes, `null` for what did not happen.
  func write(to path: String) throws {
    let document = Document(
      nodes: nodes, seed: seed, lossPercent: lossPercent, oneViewSeconds: seconds(oneView),
      distinctViews: distinctViews, seedBytes: seedBytes, formationBytes: formationBytes,
      restPacketsPerNodeSecond: ratio(restPackets), restBytesPerNodeSecond: ratio(restBytes),
      newsEverywhereSeconds: seconds(newsEverywhere), firstSuspectSeconds: seconds(firstSuspect),
      firstDeadSeconds: seconds(firstDead), deadAtHalfSeconds: seconds(deadAtHalf),
      deadEverywhereSeconds: seconds(deadEverywhere), restartSeconds: seconds(restart), leaveSeconds: seconds(leave),
      traceHash: Hex.text(traceHash), eventsHandled: eventsHandled)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(document).write(to: URL(fileURLWithPath: path))
  }

  private func seconds(_ duration: Duration?) -> Double? { duration.map { $0 / .seconds(1) } }

  private func ratio(_ count: UInt64) -> Double {
    restNodeSeconds == 0 ? 0 : Double(count) / Double(restNodeSeconds)
  }

  private struct Document: Encodable {
    let nodes: Int
    let seed: UInt64
    let lossPercent: Int
    let oneViewSeconds: Double?
    let distinctViews: Int
    let seedBytes: UInt64
    let formationBytes: UInt64
    let restPacketsPerNodeSecond: Double
    let restBytesPerNodeSecond: Double
    let newsEverywhereSeconds: Double?
    let firstSuspectSeconds: Double?
    let firstDeadSeconds: Double?
    let deadAtHalfSeconds: Double?
    let deadEverywhereSeconds: Double?
    let restartSeconds: Double?
    let leaveSeconds: Double?
    let traceHash: String
    let eventsHandled: UInt64
  }
}
