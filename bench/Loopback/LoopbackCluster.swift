import Foundation
import ShoalCore
import ShoalSecurity

/// One run's cluster of real nodes on 127.0.0.0/8, spread over worker processes, with the steps that scenarios share.
package final class LoopbackCluster {
  struct Convergence {
    /// From the start of all nodes but the seed until the last one had the view of all; nil when that did not happen.
    let time: Duration?
    /// What all processes used meanwhile, this one's CPU time included.
    let used: ProcessUsage
    let residentBytesPerNode: Double
  }

  private struct Node {
    let name: String
    var id = ""
    var endpoint = ""
    var isRunning = true
  }

  let plan: BenchPlan
  var nodes: Int { plan.nodes }
  private let spread: Spread
  let pool: WorkerPool
  /// What all nodes seal with.
  let key: ClusterKey
  private var members: [Node]
  /// When recording began; nil while no picture was asked for.
  var recordingBegan: UInt64?
  var recording = Recording()
  /// What the processes occupied before there were nodes.
  private var residentBaseline: UInt64 = 0
  /// Draws whom a scenario picks.
  private var random: PRNG
  private var measuring: (since: UInt64, stalls: UInt64) = (0, 0)
  /// Members that are rightly held dead, from when on.
  private var afflicted: [String: UInt64] = [:]

  static let formLimit = Duration.seconds(600)
  /// What joins have left to tell is told within so many periods.
  static let restingPeriods = 20
  /// After so many, nothing of it stands in the way of what is not about traffic.
  static let settlingPeriods = 5

  /// - Parameter tick: called several times a second while something is waited for.
  init(_ plan: BenchPlan, spread: Spread, seed: UInt64, tick: @escaping () -> Void) throws(StepFailure) {
    self.plan = plan
    self.spread = spread
    random = PRNG(seed: StableHash.combine(seed, 0x62656E6368))
    members = (0..<plan.nodes).map { Node(name: "node-\($0)") }
    pool = try WorkerPool(processes: spread.processes, tick: tick)
    do { key = try ClusterKey.generate() } catch { throw StepFailure(sentence: error.message) }
    let order = WorkerPlan(
      preset: plan.preset.rawValue, without: plan.without, clusterID: "bench", key: key.base64,
      loops: spread.loops(cores: ProcessInfo.processInfo.activeProcessorCount), records: plan.records)
    for reply in try pool.askAll(.prepare(order)) {
      if case .ready(let usage) = reply { residentBaseline += usage.residentBytes }
    }
  }

  /// Ends all processes.
  func end() { pool.end() }

  // MARK: Forming

  /// Starts the seed, then all others, and waits until all hold one view, which is then compared with who was started.
  ///
  /// - Parameter span: how long it takes until the last one has been started; zero starts all at once.
  func converge(over span: Duration = .zero, limit: Duration) throws(StepFailure) -> Convergence {
    _ = try pool.ask(0, .start(newcomers([0]), seed: nil))
    try learnAddresses()
    let before = try usage()
    let seed = members[0].endpoint
    beginRecording(at: MonotonicClock.now)
    let began = try startOthers(over: span, seed: seed)
    let since = try awaitOneView(limit: limit)
    let after = try usage()
    if since != nil {
      try learnAddresses()
      try check()
    }
    return Convergence(
      time: since.map { MonotonicClock.duration(from: began, to: $0) }, used: after.since(before),
      residentBytesPerNode: residentBytesPerNode(after))
  }

  /// Starts all but the seed, a few every tenth of a second. Returns when the last ones were started.
  private func startOthers(over span: Duration, seed: String) throws(StepFailure) -> UInt64 {
    let steps = max(1, Int(span / Self.startInterval))
    var began = MonotonicClock.now
    let first = began
    for step in 0..<steps {
      let due = first + Nanoseconds(Self.startInterval) * UInt64(step)
      if case let now = MonotonicClock.now, due > now { try pool.sleep(nanoseconds: due - now) }
      let others = nodes - 1
      let numbers = (1 + others * step / steps)..<(1 + others * (step + 1) / steps)
      began = MonotonicClock.now
      _ = try pool.askEach { [self] process in
        .start(newcomers(numbers.filter { spread.process(of: $0) == process }), seed: seed)
      }
    }
    return began
  }

  private static let startInterval = Duration.milliseconds(100)

  /// One view of all nodes.
  ///
  /// - Parameter settling: how many periods pass after it.
  func form(settling: Int = settlingPeriods) throws(StepFailure) {
    guard try converge(limit: Self.formLimit).time != nil else { throw try notOneView(after: Self.formLimit) }
    let period = plan.configuration.detection.probeInterval
    try sleep(period * settling)
    try sleep(drawDuration(below: period))
    guard try awaitOneView(limit: Self.formLimit) != nil else { throw try notOneView(after: Self.formLimit) }
  }

  private func newcomers(_ numbers: [Int]) -> [WorkerRequest.Newcomer] {
    numbers.map { .init(node: $0, name: members[$0].name) }
  }

  private func learnAddresses() throws(StepFailure) {
    for reply in try pool.askAll(.started) {
      guard case .started(let addresses) = reply else { continue }
      for address in addresses {
        members[address.node].id = address.id
        members[address.node].endpoint = address.endpoint
      }
    }
  }

  private func check() throws(StepFailure) {
    for reply in try pool.askAll(.check(newcomers(Array(members.indices)))) {
      if case .checked(let flaw?) = reply { throw StepFailure(sentence: flaw) }
    }
  }

  private func notOneView(after limit: Duration) throws(StepFailure) -> StepFailure {
    let views = try views(limit: 0)
    let holding = views.reduce(0) { $0 + $1.holding }
    return StepFailure(
      sentence: "After \(Text.time(limit)) there was not yet one view: \(holding) of \(runningCount) nodes hold "
        + "\(runningCount) members.")
  }

  // MARK: Waiting

  var runningCount: Int { members.count(where: \.isRunning) }

  func sleep(_ duration: Duration) throws(StepFailure) { try pool.sleep(nanoseconds: Nanoseconds(duration)) }

  /// When the last node came to the view that all running nodes hold; nil when they do not within `limit`.
  func awaitOneView(limit: Duration) throws(StepFailure) -> UInt64? {
    let end = MonotonicClock.now + Nanoseconds(limit)
    while true {
      let now = MonotonicClock.now
      let views = try views(limit: Double(end > now ? end - now : 0) / 1e9)
      if views.allSatisfy({ $0.isOne && $0.fingerprint == views.first?.fingerprint }) {
        return views.map(\.since).max()
      }
      guard MonotonicClock.now < end else { return nil }
      try pool.sleep(nanoseconds: Self.retryNanoseconds)
    }
  }

  /// How long from `start` until all hold one view that then lasts for `calm`; nil when that does not happen within `limit`.
  func timeToLastingView(from start: UInt64, calm: Duration, limit: Duration) throws(StepFailure) -> Duration? {
    let end = start + Nanoseconds(limit)
    while case let now = MonotonicClock.now, now < end + Nanoseconds(calm) {
      guard let since = try awaitOneView(limit: .nanoseconds(Int64(clamping: end > now ? end - now : 0))) else {
        return nil
      }
      let calmUntil = since + Nanoseconds(calm)
      let reached = MonotonicClock.now
      if calmUntil > reached { try pool.sleep(nanoseconds: calmUntil - reached) }
      if try awaitOneView(limit: .zero) == since { return MonotonicClock.duration(from: start, to: max(start, since)) }
    }
    return nil
  }

  /// Views that agree within each process and differ between them are looked at again after this.
  private static let retryNanoseconds: UInt64 = 2_000_000

  private func views(limit: Double) throws(StepFailure) -> [WorkerReply.ViewFact] {
    let members = runningCount
    return try pool.askAll(.awaitView(members: members, limit: limit)).compactMap { reply in
      guard case .view(let view) = reply, view.running > 0 else { return nil }
      return view
    }
  }

  /// Waits until everybody who runs holds the member dead, or has heard its goodbye; false when that does not happen within `limit`.
  func awaitDeath(of node: Int, limit: Duration) throws(StepFailure) -> Bool {
    try areMet(.awaitDeath(of: members[node].id, limit: limit / .seconds(1)))
  }

  private func areMet(_ request: WorkerRequest) throws(StepFailure) -> Bool {
    try pool.askAll(request).allSatisfy { reply in
      if case .met(let isMet) = reply { isMet } else { false }
    }
  }

  func name(of node: Int) -> String { members[node].name }

  func id(of node: Int) -> String { members[node].id }

  func endpoint(of node: Int) -> String { members[node].endpoint }

  // MARK: Picking

  func drawDuration(below limit: Duration) -> Duration {
    .nanoseconds(Int64(clamping: random.jitter(Nanoseconds(limit))))
  }

  /// That many different running nodes, drawn, the seed never among them.
  func pick(_ count: Int) -> [Int] {
    var candidates = members.indices.filter { $0 != 0 && members[$0].isRunning && !members[$0].id.isEmpty }
    random.shuffle(&candidates)
    return Array(candidates.prefix(count))
  }

  func pickOne() -> Int { pick(1).first ?? 0 }

  // MARK: Faults

  /// A node goes without a goodbye; returns when.
  func crash(_ node: Int, _ kind: CrashName) throws(StepFailure) -> UInt64 {
    _ = try pool.askAll(.watch(members[node].id))
    members[node].isRunning = false
    let at = try time(of: pool.ask(spread.process(of: node), .crash(node: node, kind: kind)))
    afflicted[members[node].id] = at
    return at
  }

  /// A node says goodbye and goes; returns when. What is awaited of its death is then said of its goodbye.
  func leave(_ node: Int) throws(StepFailure) -> UInt64 {
    _ = try pool.askAll(.watch(members[node].id))
    members[node].isRunning = false
    return try time(of: pool.ask(spread.process(of: node), .leave(node: node)))
  }

  /// Starts one more node, through the seed, and does not wait for it.
  func join(_ name: String) throws(StepFailure) {
    let node = members.count
    members.append(Node(name: name))
    _ = try pool.ask(spread.process(of: node), .start(newcomers([node]), seed: members[0].endpoint))
  }

  /// Waits until those that were started are in, or have failed.
  func finishJoins() throws(StepFailure) { try learnAddresses() }

  func standStill(_ node: Int, _ kind: PauseName) throws(StepFailure) {
    afflicted[members[node].id] = MonotonicClock.now
    _ = try pool.askAll(.watch(members[node].id))
    _ = try pool.ask(spread.process(of: node), .standStill(node: node, kind: kind))
  }

  /// A node that stood still goes on; returns when.
  func goOn(_ node: Int) throws(StepFailure) -> UInt64 {
    try time(of: pool.ask(spread.process(of: node), .goOn(node: node)))
  }

  func split(_ part: [Int]) throws(StepFailure) {
    let inside = Set(part)
    let rest = members.indices.filter { !inside.contains($0) }
    _ = try pool.askAll(.split(part.map { members[$0].endpoint }, from: rest.map { members[$0].endpoint }))
  }

  func heal() throws(StepFailure) -> UInt64 {
    var last: UInt64 = 0
    for reply in try pool.askAll(.heal) { last = max(last, try time(of: reply)) }
    return last
  }

  private func time(of reply: WorkerReply) throws(StepFailure) -> UInt64 {
    guard case .done(let at) = reply else { throw StepFailure(sentence: "A worker process answered another question.") }
    return at
  }

  // MARK: Updates

  /// Lets a member publish an update whose spread is watched; returns when.
  func publishUpdate(at node: Int, value: Int) throws(StepFailure) -> PublishedUpdate {
    let process = spread.process(of: node)
    guard case .incarnation(let incarnation) = try pool.ask(process, .nextIncarnation(node: node)) else {
      throw StepFailure(sentence: "A worker process answered another question.")
    }
    let id = members[node].id
    _ = try pool.askAll(.watchUpdate(of: id, incarnation: incarnation))
    let at = try time(of: pool.ask(process, .publish(node: node, value: value)))
    return PublishedUpdate(id: id, incarnation: incarnation, at: at)
  }

  func awaitUpdate(_ update: PublishedUpdate, limit: Duration) throws(StepFailure) -> Bool {
    try areMet(.awaitUpdate(of: update.id, incarnation: update.incarnation, limit: limit / .seconds(1)))
  }

  /// How each update has spread, in the order of their publication.
  func updates(_ published: [PublishedUpdate]) throws(StepFailure) -> [UpdateSpread] {
    var spreads = published.map { UpdateSpread(published: $0) }
    for reply in try pool.askAll(.updates) {
      guard case .updates(let facts) = reply else { continue }
      for (index, fact) in facts.enumerated() where index < spreads.count { spreads[index].add(fact) }
    }
    return spreads
  }

  // MARK: Measuring

  /// Forgets what was held of members, and what the guard excused, before.
  func beginMeasuring() throws(StepFailure) {
    measuring = (MonotonicClock.now, try figures().values.reduce(0) { $0 + $1.stalls })
  }

  /// The share of all probe periods since `beginMeasuring()` in which the stall guard excused a node.
  func guardedShare() throws(StepFailure) -> Double {
    let stalls = try figures().values.reduce(0) { $0 + $1.stalls }
    let period = Double(Nanoseconds(plan.configuration.detection.probeInterval))
    let periods = Double(runningCount) * max(1, Double(MonotonicClock.now - measuring.since) / period)
    // Who has gone took its count along.
    return min(1, Double(stalls > measuring.stalls ? stalls - measuring.stalls : 0) / periods)
  }

  /// How many members were held dead since `beginMeasuring()` that ran and to whom nothing was done, once for each incarnation.
  func falseDeaths() throws(StepFailure) -> Int {
    var claims: Set<Update.Claim> = []
    for reply in try pool.askAll(.deaths) {
      guard case .deaths(let deaths) = reply else { continue }
      for death in deaths where death.at >= measuring.since && death.at < afflicted[death.id] ?? .max {
        guard let id = NodeID(death.id) else { continue }
        claims.insert(Update.Claim(id: id, incarnation: death.incarnation))
      }
    }
    return claims.count
  }

  /// What is held of a member that was crashed or stood still.
  func watch(of node: Int) throws(StepFailure) -> WorkerReply.WatchFact {
    var whole = WorkerReply.WatchFact(id: members[node].id, deadAt: 0)
    for reply in try pool.askAll(.watches) {
      guard case .watches(let facts) = reply, let fact = facts.first(where: { $0.id == whole.id }) else { continue }
      whole.firstSuspected = [whole.firstSuspected, fact.firstSuspected].compactMap(\.self).min()
      whole.firstDead = [whole.firstDead, fact.firstDead].compactMap(\.self).min()
      whole.lastDead = [whole.lastDead, fact.lastDead].compactMap(\.self).max()
      whole.deadAt += fact.deadAt
    }
    return whole
  }

  /// How many different numbers of members anybody has seen.
  func distinctSizes() throws(StepFailure) -> Int {
    var sizes: Set<Int> = []
    for reply in try pool.askAll(.sizes) {
      if case .sizes(let some) = reply { sizes.formUnion(some.filter { $0 > 0 }) }
    }
    return sizes.count
  }

  /// What each node has sent since it started.
  func figures() throws(StepFailure) -> [Int: Sent] {
    var figures: [Int: Sent] = [:]
    for reply in try pool.askAll(.figures) {
      guard case .figures(let readings) = reply else { continue }
      for reading in readings { figures[reading.node] = reading.sent }
    }
    return figures
  }

  /// What all processes have used; of this one, which holds no nodes, the CPU time alone.
  func usage() throws(StepFailure) -> ProcessUsage {
    var sum = ProcessUsage(cpuNanoseconds: ProcessUsage.current.cpuNanoseconds)
    for reply in try pool.askAll(.usage) {
      if case .usage(let usage) = reply { sum = sum + usage }
    }
    return sum
  }

  func residentBytesPerNode(_ usage: ProcessUsage) -> Double {
    (Double(usage.residentBytes) - Double(residentBaseline)) / Double(nodes)
  }
}

/// One version of a member's record, as it was published.
struct PublishedUpdate {
  let id: String
  let incarnation: UInt64
  let at: UInt64
}

/// How one update has spread.
struct UpdateSpread {
  let published: PublishedUpdate
  private(set) var copies = 0
  private var learned: [UInt64] = []

  init(published: PublishedUpdate) { self.published = published }

  mutating func add(_ fact: WorkerReply.UpdateFact) {
    copies += fact.copies
    learned = (learned + fact.learned).sorted()
  }

  /// Seconds until each node knew it, earliest first.
  var learnedAfter: [Double] { learned.map { MonotonicClock.duration(from: published.at, to: $0) / .seconds(1) } }

  /// How long until `percent` of `count` nodes knew it; nil while they do not.
  func known(percent: Int, of count: Int) -> Duration? {
    let rank = (percent * count + 99) / 100
    guard rank >= 1, rank <= learned.count else { return nil }
    return MonotonicClock.duration(from: published.at, to: learned[rank - 1])
  }
}
