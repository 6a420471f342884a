/// One thing that Shoal wants to reach: a command line of this program, with the bound as its `--expect`.
package struct Goal: Sendable {
  package let title: String
  /// Without the program's name. A goal without `--expect` only states `figure`.
  package let command: String
  /// The figure to state, as `metric.figure`; nil when `--expect` names it.
  package let states: String?
  /// Why it is missed, or stated without a bound, where that is known; said only then.
  package let because: String?

  init(_ title: String, _ command: String, states: String? = nil, because: String? = nil) {
    self.title = title
    self.command = command
    self.states = states
    self.because = because
  }

  /// Whether title or command contain this, spaces aside: "N = 100" finds "N=100".
  package func matches(_ text: String) -> Bool {
    let wanted = text.filter { $0 != " " }
    return [title, command].contains { $0.filter { $0 != " " }.contains(wanted) }
  }
}
