import ShoalCore
import ShoalSimulator

/// What a run keeps for pictures. All of it does nothing when no picture was asked for.
extension SimulatedCluster {
  /// The instant that the scenario is about: times in pictures count from here.
  ///
  /// - Parameter window: for how long traffic is summed up each time.
  func beginRecording(window: Duration = .seconds(1)) {
    guard plan.records else { return }
    world.beginRecording()
    recordingBegan = world.now
    sample(every: window, since: world.nodes.map(\.traffic))
  }

  /// Something is done to the cluster now.
  func mark(_ label: String) {
    guard let recordingBegan else { return }
    recording.marks.append(Mark(after: (world.now - recordingBegan) / .seconds(1), label: label))
  }

  /// Takes over how something has spread.
  func record(_ curve: LearningCurve) {
    guard recordingBegan != nil else { return }
    recording.curves.append(curve)
  }

  /// Takes over how the watched updates have spread.
  func recordUpdates() {
    guard recordingBegan != nil else { return }
    recording.curves += measured.updates.map { update in
      LearningCurve(learnedAfter: update.learnedAfter.map { $0 / .seconds(1) }, others: nodes - 1)
    }
  }

  /// Takes over who suspected a watched member, and who held it dead.
  func recordVerdicts(on place: Int) {
    guard recordingBegan != nil, let recorder = world.recorder else { return }
    let watch = measured.members[place]
    let dead = watch.deadAt.map { $0.after / .seconds(1) }
    recording.curves.append(LearningCurve(learnedAfter: dead, others: nodes - 1))
    // Looked up, never iterated.
    let deadAfter = Dictionary(uniqueKeysWithValues: zip(watch.deadAt.map(\.process), dead))
    let earlier = watch.since - recorder.since
    let suspectedAfter = Dictionary(
      recorder.suspicions.filter { $0.subject == watch.id }.map { ($0.process, ($0.after - earlier) / .seconds(1)) },
      uniquingKeysWith: { first, _ in first })
    recording.timeline = world.nodes.filter { $0.isAdmitted && $0.id != watch.id }.map { node in
      TimelineRow(label: node.name, suspected: suspectedAfter[node.index], dead: deadAfter[node.index])
    }
  }

  /// Everything that was recorded, up to now.
  func finishRecording() -> Recording {
    guard let recordingBegan, let recorder = world.recorder else { return recording }
    let end = (world.now - recordingBegan) / .seconds(1)
    recording.distinctViews = recorder.distinctViews.map { Series.Point($0.after / .seconds(1), Double($0.count)) }
    if let last = recording.distinctViews.last, last.x < end {
      recording.distinctViews.append(Series.Point(end, last.y))
    }
    return recording
  }

  /// Sums up what was sent since `before`, window after window. Touches nothing that a run draws or hashes.
  private func sample(every window: Duration, since before: [Traffic]) {
    world.after(window) { [unowned self] world in
      let seconds = window / .seconds(1)
      let sent = world.nodes.filter { $0.state == .running }.map { node in
        let index = Int(node.index)
        return node.traffic.since(before.indices.contains(index) ? before[index] : Traffic())
      }
      let end = (world.now - (recordingBegan ?? .zero)) / .seconds(1)
      recording.traffic.append(
        TrafficPoint(
          from: end - seconds, to: end,
          packets: TrafficPoint.Distribution(of: sent.map { Double($0.packets) / seconds }),
          bytes: TrafficPoint.Distribution(of: sent.map { Double($0.bytes) / seconds })))
      sample(every: window, since: world.nodes.map(\.traffic))
    }
  }
}
