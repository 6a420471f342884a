package import ShoalCore

/// Whom views name: the same view the same member, at whatever node and at whatever time.
package struct CoordinatorLedger {
  // Looked up, never iterated.
  private var namedByView: [UInt64: NodeID?] = [:]

  package init() {}

  /// Checks whom a node names. `fingerprint` is that of all it may be derived from.
  package mutating func check(named: NodeID?, fingerprint: UInt64) -> Finding? {
    guard let first = namedByView[fingerprint] else {
      namedByView[fingerprint] = .some(named)
      return nil
    }
    guard first != named else { return nil }
    return Finding(
      invariant: .coordinatorFollowsFromView,
      sentence: "it names \(Self.text(named)), but the same view named \(Self.text(first)) before")
  }

  /// Checks that it is the policy's choice among the candidates that the node holds living.
  package static func check(
    named: NodeID?, among candidates: [CoordinatorCandidate], policy: CoordinatorPolicy
  ) -> Finding? {
    let expected = policy.coordinator(among: candidates)
    guard expected != named else { return nil }
    return Finding(
      invariant: .coordinatorFollowsFromView,
      sentence: "it names \(text(named)), but of its \(candidates.count) candidates the policy \(policy.name) names "
        + "\(text(expected))")
  }

  private static func text(_ id: NodeID?) -> String { id?.short ?? "nobody" }
}

/// One observer's coordinator, rebuilt from its events alone, with the rules that each change must keep.
package struct ReignShadow {
  package private(set) var followed: Reign?
  private var highestEpoch: UInt64 = 0
  private var latest: NodeID?
  /// With a quorum a reign that seemed over may be followed again: nobody else ever has its epoch.
  private let mayFollowAgain: Bool

  package init(mayFollowAgain: Bool = false) { self.mayFollowAgain = mayFollowAgain }

  /// Takes in one event, and says which rule it breaks, if any.
  package mutating func apply(_ reign: Reign?) -> Finding? {
    let before = followed
    let highest = highestEpoch
    followed = reign
    highestEpoch = max(highest, reign?.epoch ?? 0)
    guard reign != before else {
      return Finding(
        invariant: .eventsAreDifferences, sentence: "it told of a change of its coordinator, and there was none")
    }
    guard let reign else { return nil }
    let isAgain = mayFollowAgain && reign.epoch == highest && reign.coordinator == latest
    latest = reign.coordinator
    guard reign.epoch <= highest, !isAgain else { return nil }
    return Finding(
      invariant: .epochsRise, sentence: "it follows \(reign.name) under epoch \(reign.epoch) after epoch \(highest)")
  }

  /// Compares what the engine says with what its events said.
  package func compare(_ reign: Reign?) -> Finding? {
    guard reign != followed else { return nil }
    return Finding(
      invariant: .eventsAreDifferences,
      sentence: "it follows \(Self.text(reign)), but its events said \(Self.text(followed))")
  }

  private static func text(_ reign: Reign?) -> String {
    reign.map { "\($0.name) under epoch \($0.epoch)" } ?? "nobody"
  }
}
