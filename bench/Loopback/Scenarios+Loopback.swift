extension Converge: LoopbackScenario {
  package static let loopbackMetrics: [Metric] =
    metrics + [.cpuSeconds, .rssBytesPerNode, .allocations, .guardedShare]
  // Forming is one burst of work: how busy it makes the machine is part of what is measured.
  package static let guardedLimit: Double? = nil

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.beginMeasuring()
    let convergence = try cluster.converge(over: .seconds(over), limit: LoopbackCluster.formLimit)
    let guardedShare = try cluster.guardedShare()
    let sent = try cluster.figures()
    var samples = Samples()
    samples.add(.timeToOneView, convergence.time)
    samples.add(.seedBytes, Double(sent[0]?.bytes ?? 0))
    samples.add(.totalBytes, Double(sent.values.reduce(0) { $0 + $1.bytes }))
    samples.add(.distinctSizes, try cluster.distinctSizes())
    samples.add(.cpuSeconds, Double(convergence.used.cpuNanoseconds) / 1e9)
    samples.add(.rssBytesPerNode, convergence.residentBytesPerNode)
    samples.add(.allocations, Double(convergence.used.allocations))
    samples.add(.guardedShare, guardedShare)
    return samples
  }
}

extension Steady: LoopbackScenario {
  package static let loopbackMetrics: [Metric] =
    metrics + [.cpuSecondsPerNodeSecond, .rssBytesPerNode, .allocationsPerNodeSecond, .guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form(settling: LoopbackCluster.restingPeriods)
    try cluster.beginMeasuring()
    let sentBefore = try cluster.figures()
    let (usedBefore, start) = (try cluster.usage(), MonotonicClock.now)
    cluster.beginRecording(at: start)
    try cluster.sleepRecording(.seconds(seconds))
    let (usedAfter, end) = (try cluster.usage(), MonotonicClock.now)
    let used = usedAfter.since(usedBefore)
    let elapsed = Double(end - start) / 1e9
    var samples = Samples()
    for (node, sent) in try cluster.figures().sorted(by: { $0.key < $1.key }) {
      let sent = sent.since(sentBefore[node] ?? Sent())
      samples.add(.packetsPerNodeSecond, Double(sent.packets) / elapsed)
      samples.add(.bytesPerNodeSecond, Double(sent.bytes) / elapsed)
    }
    let nodeSeconds = Double(cluster.nodes) * elapsed
    samples.add(.cpuSecondsPerNodeSecond, Double(used.cpuNanoseconds) / 1e9 / nodeSeconds)
    samples.add(.rssBytesPerNode, cluster.residentBytesPerNode(usedAfter))
    samples.add(.allocationsPerNodeSecond, Double(used.allocations) / nodeSeconds)
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}

extension Detect: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form()
    let victim = cluster.pickOne()
    try cluster.beginMeasuring()
    let crashed = try cluster.crash(victim, crash)
    cluster.beginRecording(at: crashed)
    let isKnown = try cluster.awaitDeath(of: victim, limit: Self.limit)
    try cluster.sleep(Self.aftermath)
    let watch = try cluster.watch(of: victim)
    try cluster.recordVerdicts(on: victim)
    var samples = Samples()
    samples.add(.firstSuspect, from: crashed, to: watch.firstSuspected)
    samples.add(.firstDead, from: crashed, to: watch.firstDead)
    samples.add(.deadEverywhere, from: crashed, to: isKnown ? watch.lastDead : nil)
    samples.add(.falseDeaths, try cluster.falseDeaths())
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}

extension Leave: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form()
    let node = cluster.pickOne()
    try cluster.beginMeasuring()
    let left = try cluster.leave(node)
    cluster.beginRecording(at: left)
    let isKnown = try cluster.awaitDeath(of: node, limit: Self.limit)
    try cluster.sleep(Self.aftermath)
    let lastHeard = try cluster.watch(of: node).lastDead
    var samples = Samples()
    samples.add(.leftEverywhere, from: left, to: isKnown ? lastHeard : nil)
    samples.add(.falseDeaths, try cluster.falseDeaths())
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}

extension Disseminate: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form(settling: LoopbackCluster.restingPeriods)
    let beforeRest = try total(cluster)
    try cluster.sleep(.seconds(seconds))
    let rest = try total(cluster).since(beforeRest)
    try cluster.beginMeasuring()
    let before = try total(cluster)
    cluster.beginRecording(at: MonotonicClock.now)
    let published = try publish(on: cluster)
    let sent = try total(cluster).since(before)
    for update in published { _ = try cluster.awaitUpdate(update, limit: Self.limit) }
    let others = cluster.nodes - 1
    var samples = Samples()
    for spread in try cluster.updates(published) {
      cluster.record(spread)
      samples.add(.t50, spread.known(percent: 50, of: others))
      samples.add(.t99, spread.known(percent: 99, of: others))
      samples.add(.t100, spread.known(percent: 100, of: others))
      samples.add(.transmissionsPerMember, Double(spread.copies) / Double(others))
    }
    samples.add(.bytesPerMember, (Double(sent.bytes) - Double(rest.bytes)) / Double(cluster.nodes * published.count))
    let nodeSeconds = Double(cluster.nodes * seconds)
    samples.add(.packetsPerNodeSecond, Double(sent.packets) / nodeSeconds)
    samples.add(.bytesPerNodeSecond, Double(sent.bytes) / nodeSeconds)
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }

  private func publish(on cluster: LoopbackCluster) throws(StepFailure) -> [PublishedUpdate] {
    let start = MonotonicClock.now
    var published: [PublishedUpdate] = []
    for value in 0..<max(1, rate * seconds) {
      published.append(try cluster.publishUpdate(at: cluster.pickOne(), value: value))
      let next = start + UInt64(rate == 0 ? seconds * 1_000_000_000 : (value + 1) * 1_000_000_000 / rate)
      let now = MonotonicClock.now
      guard next > now else { continue }
      let rest = Duration.nanoseconds(Int64(next - now))
      if rate == 0 { try cluster.sleepRecording(rest) } else { try cluster.sleep(rest) }
    }
    return published
  }

  private func total(_ cluster: LoopbackCluster) throws(StepFailure) -> Sent {
    try cluster.figures().values.reduce(Sent()) { $0 + $1 }
  }
}

extension Churn: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics.filter { $0 != .coordinatorShare } + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form()
    try cluster.beginMeasuring()
    let start = MonotonicClock.now
    cluster.beginRecording(at: start)
    var before = try cluster.figures()
    var sent = Sent()
    var victims: [(node: Int, at: UInt64)] = []
    for round in 0..<seconds / Self.interval {
      let victim = cluster.pickOne()
      // What the one that goes has sent goes with it.
      if let last = try cluster.figures()[victim] { sent = sent + last.since(before[victim] ?? Sent()) }
      before[victim] = nil
      victims.append((victim, try cluster.crash(victim, .mute)))
      try cluster.join("newcomer-\(round)")
      let next = start + UInt64((round + 1) * Self.interval) * 1_000_000_000
      let now = MonotonicClock.now
      if next > now { try cluster.sleep(.nanoseconds(Int64(next - now))) }
      try cluster.finishJoins()
    }
    let gone = Set(victims.map(\.node))
    for (node, last) in try cluster.figures() where !gone.contains(node) {
      sent = sent + last.since(before[node] ?? Sent())
    }
    let healing = MonotonicClock.now
    cluster.mark("nobody comes or goes any more", at: healing)
    let settled = try cluster.awaitOneView(limit: Self.limit)
    var samples = Samples()
    for victim in victims {
      let lastDead = try cluster.watch(of: victim.node).lastDead
      // Without one view, whoever still holds a victim living will never tell when that ended.
      samples.add(.deadEverywhere, from: victim.at, to: settled == nil ? nil : lastDead)
    }
    samples.add(.falseDeaths, try cluster.falseDeaths())
    samples.add(.timeToOneView, from: healing, to: settled)
    let nodeSeconds = Double(cluster.nodes * seconds)
    samples.add(.packetsPerNodeSecond, Double(sent.packets) / nodeSeconds)
    samples.add(.bytesPerNodeSecond, Double(sent.bytes) / nodeSeconds)
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}

extension Split: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form()
    try cluster.beginMeasuring()
    cluster.beginRecording(at: MonotonicClock.now)
    try cluster.split(cluster.pick(cluster.nodes * Self.minority / 100))
    try cluster.sleepRecording(.seconds(seconds))
    let healed = try cluster.heal()
    cluster.mark("healed", at: healed)
    var samples = Samples()
    samples.add(
      .timeToOneView, try cluster.timeToLastingView(from: healed, calm: Self.aftermath, limit: Self.limit))
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}

extension Pause: LoopbackScenario {
  package static let loopbackMetrics: [Metric] = metrics + [.guardedShare]

  package func measure(on cluster: LoopbackCluster) throws(StepFailure) -> Samples {
    try cluster.form()
    let node = cluster.pickOne()
    try cluster.beginMeasuring()
    cluster.beginRecording(at: MonotonicClock.now)
    try cluster.standStill(node, kind)
    try cluster.sleepRecording(.seconds(seconds))
    let resumed = try cluster.goOn(node)
    cluster.mark("goes on", at: resumed)
    let settled = try cluster.timeToLastingView(from: resumed, calm: Self.aftermath, limit: Self.limit)
    var samples = Samples()
    samples.add(.survived, try cluster.watch(of: node).deadAt == 0 ? 1 : 0)
    samples.add(.falseDeaths, try cluster.falseDeaths())
    samples.add(.timeToOneView, settled)
    samples.add(.guardedShare, try cluster.guardedShare())
    return samples
  }
}
