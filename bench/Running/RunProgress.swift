/// How far a command has come, for whoever waits: on a terminal one line that changes, elsewhere a line now and then.
package struct RunProgress: Sendable {
  private let label: String
  private let started = ContinuousClock().now
  private var lastLine = ContinuousClock().now

  /// Elsewhere than on a terminal, lines are at least so far apart.
  private static let sparseInterval = Duration.seconds(30)

  /// - Parameter label: what is being run, where there is more than one thing.
  package init(label: String) { self.label = label }

  mutating func show(done: Int, of total: Int) {
    let now = ContinuousClock().now
    guard done < total else {
      Terminal.endProgress()
      return
    }
    let remaining = (now - started) / done * (total - done)
    let line = "\(label)\(done) of \(total) runs, about \(Text.time(remaining)) left"
    if Terminal.isInteractive {
      Terminal.progress(line)
    } else if now - lastLine >= Self.sparseInterval {
      lastLine = now
      Terminal.fail(line)
    }
  }
}
