/// The same seed, the same bytes.
package enum DeterminismChecker {
  /// Compares two runs of one scenario by their hashes over every byte and event, and by how much happened.
  package static func check(_ first: ScenarioOutcome, _ second: ScenarioOutcome) -> Violation? {
    guard first.traceHash != second.traceHash || first.eventsHandled != second.eventsHandled else { return nil }
    return Violation(
      invariant: .determinism, time: .zero, observer: "the world", subject: nil,
      finding: "two runs of seed \(first.seed) differ: \(first.eventsHandled) and \(second.eventsHandled) events")
  }
}
