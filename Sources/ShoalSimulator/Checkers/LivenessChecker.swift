/// What must have come true some time after all faults have ended.
public enum LivenessChecker {
  /// What is still wrong in a world that had time enough: joins that have not ended, views that differ, members held living that
  /// are gone. Empty when all is well. O(nodes²).
  public static func check(_ world: World) -> [Violation] {
    guard !world.isOneView else { return [] }
    var violations: [Violation] = []
    func report(_ invariant: Invariant, at observer: String, about subject: String? = nil, _ finding: String) {
      violations.append(
        Violation(invariant: invariant, time: world.now, observer: observer, subject: subject, finding: finding))
    }
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
}
