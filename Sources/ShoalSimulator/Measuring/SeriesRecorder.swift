package import ShoalCore

/// What a world keeps over time for pictures, from the moment it is told to record. Nothing in it changes what happens.
package struct SeriesRecorder {
  /// Virtual time at which recording began; the other times count from here.
  package let since: Duration
  /// How many different views admitted nodes held, and from when on.
  package private(set) var distinctViews: [(after: Duration, count: Int)]
  /// Who began to suspect a watched member in public, and when; each process once for each member.
  package private(set) var suspicions: [Suspicion] = []

  package struct Suspicion {
    package let process: Int32
    package let subject: NodeID
    package let after: Duration
  }

  /// Changes that are closer together than this are one: while many join, views change all the time.
  private static let resolution = Duration.milliseconds(1)

  init(distinctViews count: Int, at now: Duration) {
    since = now
    distinctViews = [(.zero, count)]
  }

  mutating func viewsChanged(to count: Int, at now: Duration) {
    let last = distinctViews[distinctViews.count - 1]
    let after = now - since
    if after - last.after < Self.resolution {
      distinctViews[distinctViews.count - 1].count = count
    } else if last.count != count {
      distinctViews.append((after, count))
    }
  }

  mutating func suspected(_ subject: NodeID, by process: Int32, at now: Duration) {
    guard !suspicions.contains(where: { $0.process == process && $0.subject == subject }) else { return }
    suspicions.append(Suspicion(process: process, subject: subject, after: now - since))
  }
}
