import ShoalCore

/// What must have come true some time after all faults have ended.
public enum LivenessChecker {
  /// What is still wrong in a world that had time enough: joins that have not ended, views that differ, members held living that are
  /// gone, members still suspected, two processes of one name. Empty when all is well. O(nodes²).
  public static func check(_ world: World) -> [Violation] {
    var violations: [Violation] = []
    func report(_ invariant: Invariant, at observer: String, about subject: String? = nil, _ finding: String) {
      violations.append(
        Violation(invariant: invariant, time: world.now, observer: observer, subject: subject, finding: finding))
    }
    for (observer, subject) in world.suspectsThatLive {
      report(.refutationWins, at: observer, about: subject, "it still suspects a member with which nothing is wrong")
    }
    for (observer, name) in world.namesHeldTwice {
      report(.restartReplaces, at: observer, about: name, "it holds two living processes of one name")
    }
    guard !world.isOneView else { return violations }
    for name in world.namesOfJoining { report(.joinsEnd, at: name, "it is still joining") }
    for (observer, subject) in world.livingInViewsButGone {
      report(.completeness, at: observer, about: subject, "it holds a member living that is gone")
    }
    if world.admittedCount > 0 {
      report(
        .convergence, at: world.admitted.first ?? "nobody",
        "\(world.distinctViews.now) different views are held: \(world.viewsText)")
    }
    return violations
  }

  /// What must be true some time after one view was reached: everybody has everybody's latest metadata.
  static func checkMetadata(_ world: World) -> [Violation] {
    world.metadataMissing.map { observer, subject in
      Violation(
        invariant: .metadataArrives, time: world.now, observer: observer, subject: subject,
        finding: "it does not hold its latest metadata")
    }
  }

  /// What must be true some time after one view was reached: one member coordinates, and everybody follows it; nobody does where a quorum
  /// is wanted and not there.
  static func checkCoordinator(_ world: World) -> [Violation] {
    guard world.configuration.coordination.isEnabled, world.admittedCount > 0, !world.hasRightCoordinator else {
      return []
    }
    return [
      Violation(
        invariant: .oneCoordinator, time: world.now, observer: world.admitted.first ?? "nobody", subject: nil,
        finding: world.coordinatorsText)
    ]
  }

  /// What must be true after nothing has happened for longer than tombstones live: none is left.
  static func checkReaped(_ world: World) -> [Violation] {
    world.nodes.filter(\.isAdmitted).compactMap { node in
      // Counted in the view: the order of burial may hold some that have come back since.
      var remembered = 0
      node.engine.forEachMember { if !$0.status.isLiving { remembered += 1 } }
      guard remembered > 0 else { return nil }
      return Violation(
        invariant: .withinBounds, time: world.now, observer: node.name, subject: nil,
        finding: "it still remembers \(remembered) of the dead after all their time")
    }
  }
}
