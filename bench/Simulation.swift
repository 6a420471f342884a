import ShoalSimulator

/// The steps of `simulate`: each says what happened at which virtual time, and leaves its figures.
struct Simulation {
  private let world: World
  private let nodes: Int
  private let names: [String]
  private(set) var figures: Figures

  /// Above this, checking every event would take more memory than the nodes themselves.
  private static let checkedNodes = 500
  private static let formLimit = Duration.seconds(300)
  private static let newsLimit = Duration.seconds(120)
  private static let deathLimit = Duration.seconds(300)
  /// The cluster settles for a while before it is measured at rest.
  private static let settleTime = Duration.seconds(20)
  private static let quietWindow = 20

  init(nodes: Int, seed: UInt64, lossPercent: Int) {
    self.nodes = nodes
    world = World(
      seed: seed, network: .lossy(percent: lossPercent), checks: nodes <= Self.checkedNodes ? .all : .off)
    figures = Figures(nodes: nodes, seed: seed, lossPercent: lossPercent)
    names = (0..<nodes).map { "node-\($0)" }
  }

  mutating func play() throws(StepFailure) {
    try form()
    rest()
    try spreadNews()
    if nodes > 1 {
      try crashOne()
      try restartIt()
      try leaveOne()
    }
    world.run(for: .seconds(10))
    guard world.isOneView else {
      throw StepFailure(sentence: "There was one view, and ten seconds later there was not.")
    }
    figures.traceHash = world.traceHash
    figures.eventsHandled = world.eventsHandled
    let violations = world.verify()
    if let violation = violations.first {
      throw StepFailure(sentence: "\(violations.count) invariants were broken, the first: \(violation)")
    }
  }

  private mutating func form() throws(StepFailure) {
    say("\(nodes) nodes start, all through node-0")
    world.start(nodes)
    figures.oneView = try wait("one view", limit: Self.formLimit) { $0.isOneView }
    figures.distinctViews = world.distinctViews.ever
    figures.seedBytes = world.traffic(of: "node-0").bytes
    figures.formationBytes = world.traffic.bytes
    say("one view of \(nodes) members; \(world.distinctViews.ever) different views were held on the way")
  }

  private mutating func rest() {
    world.run(for: Self.settleTime)
    let before = world.traffic
    world.run(for: .seconds(Self.quietWindow))
    let sent = world.traffic.since(before)
    figures.restPackets = sent.packets
    figures.restBytes = sent.bytes
    figures.restNodeSeconds = UInt64(nodes * Self.quietWindow)
    say("\(Self.quietWindow) quiet seconds are measured")
  }

  private mutating func spreadNews() throws(StepFailure) {
    let name = names[nodes / 3]
    say("\(name) changes its tags")
    world.setTags(["news": "1"], of: name)
    figures.newsEverywhere = try wait("the news at every node", limit: Self.newsLimit) { $0.isOneView }
    say("everybody knows")
  }

  private mutating func crashOne() throws(StepFailure) {
    let name = victim
    say("\(name) crashes")
    world.crash(name)
    _ = try wait("\(name) dead at every node", limit: Self.deathLimit) { $0.isOneView }
    guard let departure = world.departure(of: name) else { return }
    figures.firstSuspect = departure.firstSuspected
    figures.firstDead = departure.firstDead
    figures.deadAtHalf = departure.knownByHalf
    figures.deadEverywhere = departure.knownByAll
    say("\(name) is dead at all \(departure.knownAfter.count) others")
  }

  private mutating func restartIt() throws(StepFailure) {
    say("\(victim) starts again under its old name")
    world.restart(victim)
    figures.restart = try wait("\(victim) back at every node", limit: Self.newsLimit) { $0.isOneView }
    say("everybody has taken it back")
  }

  private mutating func leaveOne() throws(StepFailure) {
    let name = names[nodes - 1]
    say("\(name) leaves")
    world.leave(name)
    figures.leave = try wait("\(name) gone at every node", limit: Self.newsLimit) { $0.isOneView }
    say("everybody has seen it off")
  }

  private var victim: String { names[nodes / 2] }

  private func say(_ sentence: String) {
    Terminal.endProgress()
    print("\(Text.time(world.now).leftPadded(to: 10))  \(sentence)")
  }

  /// Lets time pass until something holds, with a line of progress each virtual second.
  private func wait(
    _ what: String, limit: Duration, until condition: (World) -> Bool
  ) throws(StepFailure) -> Duration {
    let start = world.now
    while world.now - start < limit {
      if world.run(until: condition, limit: .seconds(1)) != nil { return world.now - start }
      Terminal.progress(
        "\(Text.time(world.now)): waiting for \(what); \(world.admittedCount) members hold \(world.distinctViews.now) views"
      )
    }
    throw StepFailure(
      sentence: "After \(Text.time(limit)) there was not yet \(what): \(world.admittedCount) members hold "
        + "\(world.distinctViews.now) different views.")
  }
}

extension String {
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
