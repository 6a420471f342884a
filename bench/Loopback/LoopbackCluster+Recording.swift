import ShoalCore

/// What a run keeps for pictures. All of it does nothing when no picture was asked for.
extension LoopbackCluster {
  /// The instant that the scenario is about: times in pictures count from here. A later call begins anew.
  func beginRecording(at start: UInt64) {
    guard plan.records else { return }
    recordingBegan = start
    recording = Recording()
  }

  /// Something is done to the cluster.
  func mark(_ label: String, at time: UInt64) {
    guard let recordingBegan else { return }
    recording.marks.append(Mark(after: Self.seconds(from: recordingBegan, to: time), label: label))
  }

  /// Takes over how an update has spread.
  func record(_ update: UpdateSpread) {
    guard recordingBegan != nil else { return }
    recording.curves.append(LearningCurve(learnedAfter: update.learnedAfter, others: nodes - 1))
  }

  /// Takes over who suspected a member that has crashed, and who held it dead.
  func recordVerdicts(on node: Int) throws(StepFailure) {
    guard let recordingBegan else { return }
    func after(_ time: UInt64?) -> Double? { time.map { Self.seconds(from: recordingBegan, to: $0) } }
    for reply in try pool.askAll(.verdicts(of: id(of: node))) {
      guard case .verdicts(let facts) = reply else { continue }
      recording.timeline += facts.filter { $0.node != node }.map { fact in
        TimelineRow(label: name(of: fact.node), suspected: after(fact.suspected), dead: after(fact.gone))
      }
    }
    recording.curves.append(
      LearningCurve(learnedAfter: recording.timeline.compactMap(\.dead).sorted(), others: recording.timeline.count))
  }

  /// Lets time pass, and sums up what was sent in each second of it.
  func sleepRecording(_ duration: Duration) throws(StepFailure) {
    guard let recordingBegan else { return try sleep(duration) }
    let end = MonotonicClock.now + Nanoseconds(duration)
    var (before, from) = (try figures(), MonotonicClock.now)
    while from < end {
      try sleep(.nanoseconds(Int64(min(Self.window, end - from))))
      let (after, to) = (try figures(), MonotonicClock.now)
      let sent = after.map { node, sent in sent.since(before[node] ?? Sent()) }
      let seconds = Double(to - from) / 1e9
      recording.traffic.append(
        TrafficPoint(
          from: Self.seconds(from: recordingBegan, to: from), to: Self.seconds(from: recordingBegan, to: to),
          packets: TrafficPoint.Distribution(of: sent.map { Double($0.packets) / seconds }),
          bytes: TrafficPoint.Distribution(of: sent.map { Double($0.bytes) / seconds })))
      (before, from) = (after, to)
    }
  }

  /// Everything that was recorded, up to now.
  func finishRecording() throws(StepFailure) -> Recording {
    guard let recordingBegan else { return recording }
    var changes: [WorkerReply.ViewChange] = []
    for reply in try pool.askAll(.viewChanges) {
      if case .viewChanges(let some) = reply { changes += some }
    }
    recording.distinctViews = Self.distinctViews(changes, since: recordingBegan)
    return recording
  }

  /// How many different views the nodes held, from each time on.
  private static func distinctViews(_ changes: [WorkerReply.ViewChange], since start: UInt64) -> [Series.Point] {
    // Looked up and counted, never iterated.
    var viewOf: [Int: UInt64] = [:]
    var holders: [UInt64: Int] = [:]
    var points: [Series.Point] = []
    for change in changes.sorted(by: { ($0.at, $0.node) < ($1.at, $1.node) }) {
      if let old = viewOf[change.node], old != 0 {
        let left = holders[old, default: 0] - 1
        holders[old] = left > 0 ? left : nil
      }
      viewOf[change.node] = change.fingerprint
      if change.fingerprint != 0 { holders[change.fingerprint, default: 0] += 1 }
      let point = Series.Point(max(0, seconds(from: start, to: change.at)), Double(holders.count))
      // What came before is where the first moment begins.
      if point.x == 0, points.last?.x == 0 { points.removeLast() }
      points.append(point)
    }
    if let last = points.last, MonotonicClock.now > start {
      points.append(Series.Point(max(last.x, seconds(from: start, to: MonotonicClock.now)), last.y))
    }
    return points
  }

  private static let window: UInt64 = 1_000_000_000

  private static func seconds(from start: UInt64, to time: UInt64) -> Double {
    (Double(time) - Double(start)) / 1e9
  }
}
