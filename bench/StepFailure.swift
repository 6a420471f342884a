/// A step of a simulation did not happen.
struct StepFailure: Error {
  /// For a person: what was waited for, how long, and what was seen instead.
  let sentence: String
}
