import Foundation
import Logging
import NIOCore
import NIOPosix
import Shoal
import ShoalCore

/// What it costs a node, and those who join through it, when somebody opens thousands of connections to it and says nothing.
package struct IdleConnectionsRun: Sendable {
  private let connections: Int
  private let rounds: Int
  /// Seconds that joins took while nothing else happened, and while connections were opened and held.
  package private(set) var calmJoins: [Double] = []
  package private(set) var disturbedJoins: [Double] = []
  /// By round: how much more memory the node's process occupied than before, at most. Bytes.
  private(set) var growths: [Double] = []

  private static let formation = "converge --nodes 2 --processes 2 --runs 1 --transport loopback"
  private static let calmCount = 20
  /// So long joins follow each other once connections are opened: that is how long a connection may stay without a word. Seconds.
  private static let span: UInt64 = 3_000_000_000
  private static let admissionLimit = Duration.seconds(60)
  static let delayLimit = 0.1
  static let growthLimit = 8e6

  package init(connections: Int, rounds: Int) throws(StepFailure) {
    self.connections = connections
    self.rounds = rounds
    FileLimit.raise()
    var line = ProgressLine(sparseInterval: .seconds(10))
    let job: Job
    do { job = try BenchCommandLine.job(Self.formation) } catch { throw StepFailure(sentence: "\(error)") }
    guard let spread = job.plan.spread else {
      throw StepFailure(sentence: "'\(Self.formation)' is not on real sockets.")
    }
    let cluster = try LoopbackCluster(job.plan, spread: spread, seed: 1) {}
    defer { cluster.end() }
    try cluster.form(settling: 0)
    let joiners = Joiners(key: cluster.key, seed: cluster.endpoint(of: 0))
    defer { joiners.end() }
    do {
      for number in 0..<Self.calmCount {
        line.show("join \(number + 1) of \(Self.calmCount) with nothing else")
        calmJoins.append(try joiners.join())
      }
      for round in 0..<rounds {
        line.show("\(connections) connections, round \(round + 1) of \(rounds)")
        try disturb(cluster, joiners)
      }
    } catch {
      Terminal.endProgress()
      throw error as? StepFailure ?? StepFailure(sentence: "\(error)")
    }
    Terminal.endProgress()
  }

  /// Opens the connections, and has nodes join one after the other meanwhile.
  private mutating func disturb(_ cluster: LoopbackCluster, _ joiners: Joiners) throws {
    guard let endpoint = Endpoint(cluster.endpoint(of: 0)) else {
      throw StepFailure(sentence: "The seed has no address.")
    }
    let before = try Self.resident(cluster)
    var most = before
    let idle = try IdleConnections(connections, to: endpoint)
    defer { idle.close() }
    let end = MonotonicClock.now + Self.span
    while MonotonicClock.now < end {
      disturbedJoins.append(try joiners.join())
      most = max(most, try Self.resident(cluster))
    }
    guard idle.opened == connections else {
      throw StepFailure(
        sentence:
          "Only \(idle.opened) of \(connections) connections were opened: raise 'ulimit -Hn' above \(connections + 1_000)."
      )
    }
    growths.append(most - before)
  }

  /// What the seed's process occupies. Bytes.
  private static func resident(_ cluster: LoopbackCluster) throws(StepFailure) -> Double {
    guard case .usage(let usage) = try cluster.pool.ask(0, .usage) else {
      throw StepFailure(sentence: "A worker process answered another question.")
    }
    return Double(usage.residentBytes)
  }

  /// Nodes of this process that join and leave, one after the other.
  private final class Joiners {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let key: ClusterKey
    private let seed: String
    private var count = 0

    init(key: ClusterKey, seed: String) {
      self.key = key
      self.seed = seed
    }

    func end() { try? group.syncShutdownGracefully() }

    /// Seconds until a new node was admitted.
    func join() throws -> Double {
      count += 1
      var configuration = MeshConfiguration(
        name: "joiner-\(count)", clusterID: "bench", key: key, bind: "127.0.0.1:0", seeds: [seed])
      configuration.logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
      let (loop, configured) = (group.next(), configuration)
      return try loop.makeFutureWithTask {
        let start = MonotonicClock.now
        let mesh = try await Mesh.start(configured, on: loop)
        let limit = ContinuousClock().now + IdleConnectionsRun.admissionLimit
        while mesh.phase != .admitted, ContinuousClock().now < limit { try await Task.sleep(for: .milliseconds(1)) }
        let took = Double(MonotonicClock.now - start) / 1e9
        guard mesh.phase == .admitted else { throw StepFailure(sentence: "A node was not admitted within a minute.") }
        try await mesh.leave()
        return took
      }.wait()
    }
  }

  // MARK: Telling

  /// How much longer the slowest join took than the usual one with nothing else. Seconds.
  var delay: Double {
    let usual = Statistics(of: calmJoins, missing: 0).p50 ?? 0
    return max(0, (disturbedJoins.max() ?? 0) - usual)
  }

  var isWithinBounds: Bool { delay <= Self.delayLimit && growths.max() ?? 0 <= Self.growthLimit }

  package var text: String {
    func times(_ values: [Double]) -> [String] {
      let statistics = Statistics(of: values, missing: 0)
      return [statistics.p50, statistics.p99, statistics.max].map { Text.figure($0, unit: "s") } + ["\(values.count)"]
    }
    let joins = Table(rows: [
      ["a node joins", "median", "99 %", "slowest", "joins"], ["with nothing else"] + times(calmJoins),
      ["beside \(Text.grouped(Double(connections))) connections that say nothing"] + times(disturbedJoins),
    ])
    let growth = growths.max() ?? 0
    let goals = Table(rows: [
      MessageGoal.header,
      [
        "slowest join, above the usual one", Text.figure(delay, unit: "s"), "≤ 100.0 ms",
        delay <= Self.delayLimit ? "met" : "missed",
      ],
      [
        "memory of the node's process", Text.figure(max(0, growth), unit: "B"), "≤ 8.00 MB",
        growth <= Self.growthLimit ? "met" : "missed",
      ],
    ])
    return "\(joins.text)\n\n\(goals.text)"
  }

  package var document: ReportDocument {
    func figures(_ values: [Double], _ unit: String) -> ReportDocument.Figures {
      ReportDocument.Figures(Statistics(of: values, missing: 0), unit: unit)
    }
    return ReportDocument(
      scenario: "idle-connections", transport: "loopback", nodes: 2, seed: 0, runs: rounds, preset: "lan",
      options: ["connections": .number(Double(connections))],
      metrics: [
        "join_time": figures(calmJoins, "s"), "disturbed_join_time": figures(disturbedJoins, "s"),
        "join_delay": figures([delay], "s"), "resident_growth_bytes": figures(growths, "B"),
      ])
  }
}
