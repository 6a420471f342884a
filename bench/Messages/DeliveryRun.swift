import Foundation
import ShoalCore

/// Three real processes that exchange messages: while connections are cut, and while one of them is killed.
package struct DeliveryRun: Sendable {
  /// What was seen, as rows of a table.
  package private(set) var rows: [[String]] = [["", "", "seen"]]
  /// What should not have been, as sentences.
  package private(set) var findings: [String] = []

  private let plan: DeliveryPlan
  private static let formation = "converge --nodes 3 --processes 3 --runs 1 --transport loopback"
  private static let settleLimit: UInt64 = 60_000_000_000
  private static let lookInterval: UInt64 = 20_000_000

  /// - Parameter tell: what is going on, several times a second.
  package init(_ plan: DeliveryPlan, tell: @escaping (String) -> Void) throws(StepFailure) {
    self.plan = plan
    try cut(tell)
    try kill(tell)
  }

  /// Three nodes, each in a process of its own, with one view.
  private static func cluster(_ tell: @escaping (String) -> Void, _ sentence: String) throws(StepFailure)
    -> LoopbackCluster
  {
    let started = ContinuousClock().now
    let job: Job
    do { job = try BenchCommandLine.job(formation) } catch { throw StepFailure(sentence: "\(error)") }
    guard let spread = job.plan.spread else { throw StepFailure(sentence: "'\(formation)' is not on real sockets.") }
    let cluster = try LoopbackCluster(job.plan, spread: spread, seed: 1) {
      tell("\(sentence), \((ContinuousClock().now - started).components.seconds) s")
    }
    do throws(StepFailure) { try cluster.form(settling: 0) } catch {
      cluster.end()
      throw error
    }
    return cluster
  }

  private mutating func expect(_ isSo: Bool, _ finding: @autoclosure () -> String) {
    if !isSo { findings.append(finding()) }
  }

  // MARK: Cut

  /// Node 0 sends to node 1, and node 2 broadcasts, while their connections are cut.
  private mutating func cut(_ tell: @escaping (String) -> Void) throws(StepFailure) {
    let cluster = try Self.cluster(tell, "connections are cut")
    defer { cluster.end() }
    let pool = cluster.pool
    for node in 0..<3 { _ = try pool.ask(node, .message(node: node, .check)) }
    try pool.begin(
      0,
      .message(
        node: 0,
        .send(to: cluster.id(of: 1), count: plan.messages, bytes: plan.bytes, cutInterval: plan.cutInterval)))
    try pool.begin(
      2, .message(node: 2, .broadcast(count: plan.broadcasts, bytes: plan.bytes, cutInterval: plan.cutInterval)))
    let sent = try Self.sent(pool.finish(0))
    let broadcast = try Self.sent(pool.finish(2))
    rows.append(["messages from one process to another", Text.grouped(Double(plan.messages)), Self.seconds(sent)])
    rows.append(["broadcasts to all three", Text.grouped(Double(plan.broadcasts)), Self.seconds(broadcast)])
    rows.append(["connections cut meanwhile", "\(sent.cuts + broadcast.cuts)", ""])
    expect(sent.lost == 0, "\(sent.lost) messages were reported as not delivered or unknown, though nobody had gone.")
    expect(broadcast.incomplete == 0, "\(broadcast.incomplete) broadcasts were not acknowledged by everybody.")
    expect(sent.cuts + broadcast.cuts > 0, "No connection was cut: give --cut-interval less, or --messages more.")
    try compare(cluster, at: 1, from: 0, MessageParty.one, awaited: plan.messages)
    for node in 0...1 { try compare(cluster, at: node, from: 2, MessageParty.all, awaited: plan.broadcasts) }
  }

  private static func seconds(_ sent: MessageFact.Sent) -> String { Text.time(.seconds(sent.seconds)) }

  /// Waits until all have been handled, and looks whether they came in order, each once.
  private mutating func compare(
    _ cluster: LoopbackCluster, at node: Int, from sender: Int, _ name: String, awaited: Int
  ) throws(StepFailure) {
    let limit = MonotonicClock.now + Self.settleLimit
    var flow: MessageFact.Flow?
    while true {
      guard case .message(.arrived(let flows)) = try cluster.pool.ask(node, .message(node: node, .tell)) else { break }
      flow = flows.first { $0.sender == cluster.id(of: sender) && $0.name == name }
      guard flow?.count ?? 0 < awaited, MonotonicClock.now < limit else { break }
      try cluster.pool.sleep(nanoseconds: Self.lookInterval)
    }
    let count = flow?.count ?? 0
    rows.append(["… of node \(sender), arrived at node \(node), in order", Text.grouped(Double(count)), ""])
    expect(
      count == awaited, "At node \(node) \(count) messages of node \(sender) have arrived, but \(awaited) were sent.")
    expect(
      flow?.flaw == nil, "At node \(node) the messages of node \(sender) were out of order: \(flow?.flaw ?? "").")
  }

  private static func sent(_ reply: WorkerReply) throws(StepFailure) -> MessageFact.Sent {
    guard case .message(.sent(let sent)) = reply else {
      throw StepFailure(sentence: "A worker process answered another question.")
    }
    return sent
  }

  // MARK: Killed

  /// Node 0 sends to node 1 until that is killed. What arrived there is in a file, which the process does not take along.
  private mutating func kill(_ tell: @escaping (String) -> Void) throws(StepFailure) {
    let cluster = try Self.cluster(tell, "a process is killed")
    defer { cluster.end() }
    let pool = cluster.pool
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("shoal-deliver-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try pool.ask(1, .message(node: 1, .noteArrivals(file: file.path)))
    try pool.begin(0, .message(node: 0, .sendUntilGone(to: cluster.id(of: 1))))
    let limit = MonotonicClock.now + Self.settleLimit
    while Self.arrived(in: file).count < plan.killedAfter {
      guard MonotonicClock.now < limit else {
        throw StepFailure(
          sentence: "Only \(Self.arrived(in: file).count) messages arrived before a process was to be killed.")
      }
      tell("a process is to be killed")
      Thread.sleep(forTimeInterval: Double(Self.lookInterval) / 1e9)
    }
    pool.destroy(1)
    guard case .message(.outcomes(let outcomes)) = try pool.finish(0) else {
      throw StepFailure(sentence: "A worker process answered another question.")
    }
    judge(outcomes, arrived: Self.arrived(in: file))
  }

  private mutating func judge(_ outcomes: MessageFact.Outcomes, arrived: [UInt64]) {
    let here = Set(arrived)
    let acknowledged = outcomes.delivered.filter { !here.contains($0) }
    rows.append(["messages and requests to a process that is killed", Text.grouped(Double(outcomes.issued)), ""])
    for (title, numbers) in [
      ("… requests answered", outcomes.answered), ("… messages delivered", outcomes.delivered),
      ("… not delivered", outcomes.notDelivered), ("… unknown", outcomes.unknown),
    ] {
      rows.append([title, Text.grouped(Double(numbers.count)), ""])
    }
    rows.append(["… handlers begun there", Text.grouped(Double(arrived.count)), ""])
    rows.append(["… delivered to the process, and no handler begun yet", "\(acknowledged.count)", ""])
    expect(
      outcomes.total == outcomes.issued, "\(outcomes.issued) were sent, but \(outcomes.total) got an outcome.")
    expect(outcomes.withoutOutcome == 0, "By the counters \(outcomes.withoutOutcome) messages got no outcome.")
    expect(outcomes.unexpected.isEmpty, "Errors that do not belong here: \(outcomes.unexpected.prefix(5)).")
    expect(here.count == arrived.count, "\(arrived.count - here.count) messages arrived twice.")
    expect(
      outcomes.answered.allSatisfy(here.contains), "A request was answered whose handler has not noted that it came.")
    expect(
      !outcomes.notDelivered.contains(where: here.contains), "A message was reported as not delivered, and arrived.")
    // A process has taken in no more than its window before a handler takes it up.
    let held = acknowledged.count * ChunkLimits.cost(of: MemoryLayout<UInt64>.size)
    expect(
      held <= MessagingConfiguration().receiveLimit,
      "\(acknowledged.count) messages were reported as delivered that no handler has seen: more than a window.")
    expect(!outcomes.unknown.isEmpty, "Nothing was under way when the process was killed: nothing was tried.")
  }

  /// The numbers in the file, in the order of their handlers.
  private static func arrived(in file: URL) -> [UInt64] {
    guard let data = try? Data(contentsOf: file) else { return [] }
    let bytes = [UInt8](data)
    var numbers: [UInt64] = []
    numbers.reserveCapacity(bytes.count / 8)
    var reader = ByteReader(bytes.rawSpan)
    while let number = try? reader.readUInt64() { numbers.append(number) }
    return numbers
  }
}
