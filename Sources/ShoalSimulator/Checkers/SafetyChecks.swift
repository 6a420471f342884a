import ShoalCore

/// Every check that runs while the world runs: O(1) per event, and O(members) per node at a checkpoint.
struct SafetyChecks {
  private var shadows: [ShadowView] = []
  private var compared: [Compared] = []
  private var ledger = RecordLedger()
  private var reigns: [ReignShadow] = []
  private var coordinators = CoordinatorLedger()
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

  /// What was true of a node when its view was last compared.
  private struct Compared {
    var events: UInt64 = .max
    var fingerprint: UInt64 = 0
    var skipped = 0
    var sent: UInt64 = 0
    var received: UInt64 = 0
    var members = 0
  }

  /// A view that seems unchanged is compared nevertheless after being skipped so often.
  private static let skipLimit = 8

  /// - Parameter hasQuorum: whether a coordinator needs one.
  mutating func addNode(hasQuorum: Bool) {
    shadows.append(ShadowView())
    compared.append(Compared())
    reigns.append(ReignShadow(mayFollowAgain: hasQuorum))
  }

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

  /// Takes in that a node follows another reign.
  mutating func observe(_ reign: Reign?, at node: VirtualNode, now: Instant) {
    if let finding = reigns[Int(node.index)].apply(reign) { report(finding, at: node, about: reign?.name, now: now) }
  }

  /// Compares whom a node names with what the same view named elsewhere. O(1).
  mutating func checkNamed(_ node: VirtualNode, now: Instant) {
    guard node.isAdmitted else { return }
    let finding = coordinators.check(
      named: node.engine.namedCoordinator, fingerprint: node.engine.coordinationFingerprint)
    if let finding { report(finding, at: node, about: nil, now: now) }
  }

  /// Compares whom a node names with what its view and the policy say, and whom it follows with what its events said. O(members).
  mutating func checkCoordinator(of node: VirtualNode, policy: CoordinatorPolicy, now: Instant) {
    guard node.isAdmitted else { return }
    var candidates: [CoordinatorCandidate] = []
    node.engine.forEachMember { member in
      if member.status.isLiving, member.isEligible { candidates.append(CoordinatorCandidate(member.record)) }
    }
    let findings = [
      CoordinatorLedger.check(named: node.engine.namedCoordinator, among: candidates, policy: policy),
      reigns[Int(node.index)].compare(node.engine.coordinator),
    ]
    for finding in findings.compactMap({ $0 }) { report(finding, at: node, about: nil, now: now) }
  }

  mutating func checkSelf(_ node: VirtualNode, now: Instant) {
    let finding = FateChecker.checkSelf(node.engine.member(node.id), phase: node.engine.phase)
    if let finding { report(finding, at: node, about: nil, now: now) }
  }

  /// Compares the sizes of an engine's parts with their bounds.
  mutating func checkFootprint(_ node: VirtualNode, tombstoneLimit: Int, now: Instant) {
    let finding = SizeBounds.check(node.engine.footprint, tombstoneLimit: tombstoneLimit)
    if let finding { report(finding, at: node, about: nil, now: now) }
  }

  /// Compares what a node has sent since the last time with its budget.
  mutating func checkTraffic(_ node: VirtualNode, at interval: Nanoseconds, probeInterval: Duration, now: Instant) {
    let place = Int(node.index)
    // A node that has buried many in this second has sent for them too.
    let members = node.engine.livingCount
    let finding = SizeBounds.check(
      sent: node.traffic.packets - compared[place].sent, received: node.packetsReceived - compared[place].received,
      members: max(members, compared[place].members), seconds: interval / .seconds(1), probeInterval: probeInterval)
    compared[place].sent = node.traffic.packets
    compared[place].received = node.packetsReceived
    compared[place].members = members
    if let finding { report(finding, at: node, about: nil, now: now) }
  }

  /// Compares a node's view with what its events said, unless neither seems to have changed since.
  mutating func compareView(of node: VirtualNode, now: Instant, isFinal: Bool = false) {
    let place = Int(node.index)
    let last = compared[place]
    let isQuiet = last.events == node.eventsPublished && last.fingerprint == node.engine.fingerprint
    if isQuiet, !isFinal, last.skipped < Self.skipLimit {
      compared[place].skipped += 1
      return
    }
    compared[place].events = node.eventsPublished
    compared[place].fingerprint = node.engine.fingerprint
    compared[place].skipped = 0
    compareWhole(node, now: now)
  }

  private mutating func compareWhole(_ node: VirtualNode, now: Instant) {
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
