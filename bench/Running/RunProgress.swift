/// How far a command has come, for whoever waits: on a terminal one line that changes, elsewhere a line now and then.
package struct RunProgress: Sendable {
  private let label: String
  private let started = ContinuousClock().now
  private var line = ProgressLine()

  /// - Parameter label: what is being run, where there is more than one thing.
  package init(label: String) { self.label = label }

  /// - Parameter detail: how far the run has come that spoke last.
  mutating func show(done: Int, of total: Int, detail: String) {
    guard done < total else {
      Terminal.endProgress()
      return
    }
    let text = text(done: done, of: total, detail: detail)
    line.show(text)
  }

  private func text(done: Int, of total: Int, detail: String) -> String {
    let text = "\(label)\(done) of \(total) runs, \(detail) into another"
    // One run says nothing about the next while none is over.
    guard done > 0 else { return text }
    return "\(text), about \(Text.time((ContinuousClock().now - started) / done * (total - done))) left"
  }
}
