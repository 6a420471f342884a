/// How far a command has come, for whoever waits: on a terminal one line that changes, elsewhere a line now and then.
package struct RunProgress: Sendable {
  private let label: String
  private let started = ContinuousClock().now
  private var lastLine = ContinuousClock().now

  /// Lines are at least so far apart; on a terminal, and elsewhere.
  private static let interval = Duration.milliseconds(200)
  private static let sparseInterval = Duration.seconds(30)

  /// - Parameter label: what is being run, where there is more than one thing.
  package init(label: String) { self.label = label }

  /// - Parameter detail: how far the run has come that spoke last.
  mutating func show(done: Int, of total: Int, detail: String) {
    guard done < total else {
      Terminal.endProgress()
      return
    }
    let now = ContinuousClock().now
    guard now - lastLine >= (Terminal.isInteractive ? Self.interval : Self.sparseInterval) else { return }
    lastLine = now
    var line = "\(label)\(done) of \(total) runs, \(detail) into another"
    // One run says nothing about the next while none is over.
    if done > 0 { line += ", about \(Text.time((now - started) / done * (total - done))) left" }
    if Terminal.isInteractive { Terminal.progress(line) } else { Terminal.fail(line) }
  }
}
