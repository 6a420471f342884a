/// A step of a scenario did not happen, so that nothing can be measured.
package struct StepFailure: Error, Sendable {
  /// For a person: what was waited for, how long, and what was seen instead.
  let sentence: String
}
