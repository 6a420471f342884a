package import ShoalCore

/// What an observer may hold of a process, given what the process really did.
package enum FateChecker {
  /// What really happened to a process.
  package enum Fate: Hashable, Sendable {
    /// It runs, and nothing keeps it from answering.
    case healthy
    /// It ended in order and said so.
    case left
    /// It is paused, gone without a word, or was replaced.
    case gone
  }

  /// What the network lets one expect.
  package struct Expectations: Hashable, Sendable {
    /// No datagram is lost.
    package var isLossless: Bool
    /// Suspicions last long enough for refutations to arrive.
    package var isAccurate: Bool

    package init(isLossless: Bool, isAccurate: Bool) {
      self.isLossless = isLossless
      self.isAccurate = isAccurate
    }
  }

  /// Checks one event about a process, in a world in which nobody was paused or cut off for a while.
  ///
  /// Where suspicions outlast the loss, neither a healthy member nor one that left is ever declared dead. Where nothing is lost,
  /// one that left is not even suspected.
  package static func check(_ event: Event, fate: Fate, expectations: Expectations) -> Finding? {
    switch (event, fate) {
    case (.died, .healthy) where expectations.isAccurate:
      Finding(invariant: .accuracy, sentence: "it declared a healthy member dead")
    case (.died, .left) where expectations.isAccurate:
      Finding(invariant: .leaveIsNoFailure, sentence: "it declared a member dead that had left")
    case (.suspected, .left) where expectations.isLossless:
      Finding(invariant: .leaveIsNoFailure, sentence: "it suspected a member that had left")
    default: nil
    }
  }

  /// A running node never holds itself dead or left.
  package static func checkSelf(_ myself: Member?, phase: EnginePhase) -> Finding? {
    guard phase == .admitted else { return nil }
    guard let myself else {
      return Finding(invariant: .selfIsAlive, sentence: "it does not hold itself as a member")
    }
    return myself.status == .alive
      ? nil : Finding(invariant: .selfIsAlive, sentence: "it holds itself \(myself.status)")
  }
}
