import ShoalCore

/// Every check that runs while the world runs: O(1) per event, and O(members) per node at a checkpoint.
struct SafetyChecks {
  private var shadows: [ShadowView] = []
  private var ledger = RecordLedger()
  private(set) var violations: [Violation] = []

  /// At most so many violations are kept; the first ones tell the most.
  static let limit = 64

  /// What is known of the process that an event is about.
  struct Subject {
    var name: String
    /// The highest incarnation that the owner has reached; nil for a process that never was.
    var ownerIncarnation: UInt64?
    var fate: FateChecker.Fate
    var isLongGone: Bool
  }

  mutating func addNode() { shadows.append(ShadowView()) }

  /// Takes in one event. `expectations` are nil while nodes may rightly take each other for dead.
  mutating func observe(
    _ event: Event, at node: VirtualNode, subject: Subject, expectations: FateChecker.Expectations?, now: Instant
  ) {
    if let finding = shadows[Int(node.index)].apply(event, isGone: subject.isLongGone) {
      report(finding, at: node, about: subject.name, now: now)
    }
    if let finding = ledger.check(event, ownerIncarnation: subject.ownerIncarnation) {
      report(finding, at: node, about: subject.name, now: now)
    }
    if let expectations, let finding = FateChecker.check(event, fate: subject.fate, expectations: expectations) {
      report(finding, at: node, about: subject.name, now: now)
    }
  }

  mutating func checkSelf(_ node: VirtualNode, now: Instant) {
    let finding = FateChecker.checkSelf(node.engine.member(node.id), phase: node.engine.phase)
    if let finding { report(finding, at: node, about: nil, now: now) }
  }

  /// Compares a node's whole view with what its events said.
  mutating func compareView(of node: VirtualNode, now: Instant) {
    var count = 0
    var found: [(finding: Finding, name: String)] = []
    let shadow = shadows[Int(node.index)]
    node.engine.forEachMember { member in
      count += 1
      if let finding = shadow.compare(member) { found.append((finding, member.name)) }
    }
    for (finding, name) in found { report(finding, at: node, about: name, now: now) }
    if found.isEmpty, count != shadow.count {
      let finding = Finding(
        invariant: .eventsAreDifferences, sentence: "it knows \(count) members, but its events name \(shadow.count)")
      report(finding, at: node, about: nil, now: now)
    }
  }

  mutating func report(_ finding: Finding, at node: VirtualNode, about subject: String?, now: Instant) {
    report(
      Violation(
        invariant: finding.invariant, time: Clock.elapsed(at: now), observer: node.name, subject: subject,
        finding: finding.sentence))
  }

  /// Keeps a violation, unless the same rule is known to be broken by the same two already.
  mutating func report(_ violation: Violation) {
    let isKnown = violations.contains {
      $0.invariant == violation.invariant && $0.observer == violation.observer && $0.subject == violation.subject
    }
    guard !isKnown, violations.count < Self.limit else { return }
    violations.append(violation)
  }
}
