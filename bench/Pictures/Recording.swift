/// What one run delivered for pictures, whatever transport it ran on. Times are seconds since the moment that the scenario is about:
/// a crash, a publication, the beginning of a split.
package struct Recording: Sendable, Equatable {
  /// How updates spread, or how the verdict on a crashed member did; one entry for each.
  package var curves: [LearningCurve] = []
  /// How many different views the nodes held, each value from its time on.
  package var distinctViews: [Series.Point] = []
  /// What each node made of the member that crashed.
  package var timeline: [TimelineRow] = []
  /// What nodes sent, window by window.
  package var traffic: [TrafficPoint] = []
  /// What was done to the cluster meanwhile.
  package var marks: [Mark] = []

  package init() {}
}

/// When each of a number of nodes learned something.
package struct LearningCurve: Sendable, Equatable {
  /// Seconds, earliest first.
  package let learnedAfter: [Double]
  /// How many nodes had to learn it.
  package let others: Int

  package init(learnedAfter: [Double], others: Int) {
    self.learnedAfter = learnedAfter
    self.others = others
  }

  /// The share of nodes that know it, from each time on.
  var shares: [Series.Point] {
    learnedAfter.enumerated().map { Series.Point($1, Double($0 + 1) / Double(max(1, others))) }
  }
}

/// What one node made of a member that crashed, or, with ranges, what several did.
package struct TimelineRow: Sendable, Equatable {
  package let label: String
  /// Seconds until it suspected the member in public; nil when it never did.
  package let suspected: Double?
  /// Seconds until it held it dead; nil when it never did.
  package let dead: Double?
  /// For several nodes: from the first to the last verdict among them, the other times being medians.
  package let deadRange: ClosedRange<Double>?

  package init(label: String, suspected: Double?, dead: Double?, deadRange: ClosedRange<Double>? = nil) {
    self.label = label
    self.suspected = suspected
    self.dead = dead
    self.deadRange = deadRange
  }
}

/// What nodes sent in one window of time.
package struct TrafficPoint: Sendable, Equatable {
  /// When the window began, and when it ended.
  package let from: Double
  package let to: Double
  /// Packets a second.
  package let packets: Distribution
  /// Bytes a second.
  package let bytes: Distribution

  package init(from: Double, to: Double, packets: Distribution, bytes: Distribution) {
    self.from = from
    self.to = to
    self.packets = packets
    self.bytes = bytes
  }

  /// So many windows at most: neighbours are put together.
  static func merged(_ points: [TrafficPoint], limit: Int) -> [TrafficPoint] {
    let size = (points.count + limit - 1) / limit
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { start in
      let group = points[start..<min(points.count, start + size)]
      return TrafficPoint(
        from: points[start].from, to: points[group.endIndex - 1].to,
        packets: Distribution(over: group.map(\.packets)), bytes: Distribution(over: group.map(\.bytes)))
    }
  }

  /// How a rate is spread over the nodes.
  package struct Distribution: Sendable, Equatable {
    package let mean: Double
    /// The 5th and the 95th percentile.
    package let low: Double
    package let high: Double

    /// - Parameter values: one for each node; none gives zeros.
    package init(of values: [Double]) {
      let sorted = values.sorted()
      func value(percent: Int) -> Double {
        sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, percent * sorted.count / 100)]
      }
      mean = sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count)
      low = value(percent: 5)
      high = value(percent: 95)
    }

    /// The means of several windows.
    init(over windows: [Distribution]) {
      let count = Double(max(1, windows.count))
      mean = windows.reduce(0) { $0 + $1.mean } / count
      low = windows.reduce(0) { $0 + $1.low } / count
      high = windows.reduce(0) { $0 + $1.high } / count
    }
  }
}

/// A moment at which something was done.
package struct Mark: Sendable, Equatable {
  package let after: Double
  package let label: String

  package init(after: Double, label: String) {
    self.after = after
    self.label = label
  }
}
