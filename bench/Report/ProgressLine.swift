/// A line that is replaced on a terminal, and a line now and then elsewhere.
struct ProgressLine: Sendable {
  private let sparseInterval: Duration
  private var shown = ContinuousClock().now

  private static let interval = Duration.milliseconds(200)

  /// - Parameter sparseInterval: how far lines are apart, at least, where there is no terminal.
  init(sparseInterval: Duration = .seconds(30)) { self.sparseInterval = sparseInterval }

  /// Shows it unless the last one was shown a moment ago.
  mutating func show(_ line: String) {
    let now = ContinuousClock().now
    guard now - shown >= (Terminal.isInteractive ? Self.interval : sparseInterval) else { return }
    shown = now
    if Terminal.isInteractive { Terminal.progress(line) } else { Terminal.fail(line) }
  }
}
