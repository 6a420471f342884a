package import ShoalCore

/// What is watched from the moment a world is told to measure: who is suspected and held dead when, and how updates spread.
///
/// Costs nothing while a world does not measure. Times are virtual and count from the beginning of what is watched.
package struct Measurement {
  package private(set) var members: [MemberWatch] = []
  package private(set) var updates: [UpdateWatch] = []
  /// Everybody who was held dead by anybody, once for each incarnation, in the order of the first verdict.
  package private(set) var deaths: [Death] = []
  /// How often a member entered or left each process's view, by its index. A suspect is still in it.
  package private(set) var viewChanges: [Int] = []
  /// Processes that something is done to: what is held of them is no false alarm.
  package var afflicted: Set<Int32> = []

  private var sizes: Set<Int> = []
  // Looked up, never iterated.
  private var memberByID: [NodeID: Int] = [:]
  private var updateByID: [NodeID: [Int]] = [:]
  private var deathByClaim: [Update.Claim: Int] = [:]
  /// Whom each process saw go and not come back, by its index.
  private var absent: [Int32: Set<NodeID>] = [:]
  /// Watched members whom nobody has suspected yet.
  private var unsuspected: [Int] = []

  package init() {}

  /// How many different numbers of members anybody has seen.
  package var distinctSizes: Int { sizes.count }

  /// How many members that ran and to whom nothing was done were held dead, once for each incarnation.
  package var falseDeaths: Int { deaths.count { $0.isFalse } }

  /// The same, held by members to whom nothing was done.
  package var falseDeathsAtHealthy: Int { deaths.count { $0.isFalse && $0.isHeldByHealthy } }

  /// Watches what is held of a member from now on. Returns its place in `members`.
  @discardableResult
  package mutating func watchMember(_ id: NodeID, at now: Duration) -> Int {
    memberByID[id] = members.count
    unsuspected.append(members.count)
    members.append(MemberWatch(id: id, since: now))
    return members.count - 1
  }

  /// Whether a member is watched.
  func watches(_ id: NodeID) -> Bool { memberByID[id] != nil }

  /// Watches the spread of an update that its owner is about to publish. Returns its place in `updates`.
  @discardableResult
  package mutating func watchUpdate(about id: NodeID, incarnation: UInt64, at now: Duration) -> Int {
    updateByID[id, default: []].append(updates.count)
    updates.append(UpdateWatch(id: id, incarnation: incarnation, since: now))
    return updates.count - 1
  }

  // MARK: Told by the world

  /// A node has been called and has changed accordingly.
  mutating func observe(_ node: VirtualNode, at now: Duration) {
    if node.isAdmitted { sizes.insert(node.engine.livingCount) }
    // Who is in trouble itself suspects many, the right one among them.
    guard !unsuspected.isEmpty, !afflicted.contains(node.index) else { return }
    unsuspected.removeAll { place in
      // In private already: what a user hears comes later.
      guard members[place].id != node.id, node.engine.suspects(members[place].id) else { return false }
      members[place].firstSuspected = now - members[place].since
      return true
    }
  }

  /// A node has published an event about `subject`.
  mutating func observe(_ event: Event, by node: VirtualNode, about subject: VirtualNode?, at now: Duration) {
    guard let member = event.member, member.id != node.id else { return }
    switch event.kind {
    case .died:
      countDeparture(of: member.id, at: node)
      died(member, by: node, subject: subject, at: now)
    case .joined, .recovered, .updated:
      if event.kind != .updated { countArrival(of: member.id, isNew: event.kind == .joined, at: node) }
      for place in updateByID[member.id] ?? [] where member.incarnation >= updates[place].incarnation {
        updates[place].learned(by: node.index, at: now)
      }
    case .left: countDeparture(of: member.id, at: node)
    case .metadataChanged, .suspected, .reaped, .admitted, .isolated, .isolationEnded, .joinFailed, .coordinatorChanged,
      .stopped:
      break
    }
  }

  /// A node sends a datagram or writes a frame that carries news about `claim`.
  mutating func countCopy(of claim: Update.Claim) {
    for place in updateByID[claim.id] ?? [] where updates[place].incarnation == claim.incarnation {
      updates[place].copies += 1
    }
  }

  /// Whether copies have to be counted at all.
  var countsCopies: Bool { !updates.isEmpty }

  private mutating func died(_ member: Member, by node: VirtualNode, subject: VirtualNode?, at now: Duration) {
    if let place = memberByID[member.id] {
      // Buried in the same moment in which it was suspected: a port that refuses needs no second look.
      if members[place].firstSuspected == nil, !afflicted.contains(node.index) {
        members[place].firstSuspected = now - members[place].since
        unsuspected.removeAll { $0 == place }
      }
      members[place].died(by: node.index, at: now)
    }
    guard let subject else { return }
    let isAfflicted = afflicted.contains(subject.index)
    let isHealthy = !afflicted.contains(node.index)
    let claim = Update.Claim(id: member.id, incarnation: member.incarnation)
    let runs = subject.state == .running || subject.state == .paused
    if let known = deathByClaim[claim] {
      // Who has really gone since is rightly held dead.
      if isHealthy, runs { deaths[known].isHeldByHealthy = true }
      return
    }
    deathByClaim[claim] = deaths.count
    deaths.append(Death(process: subject.index, isFalse: runs && !isAfflicted, isHeldByHealthy: isHealthy))
  }

  /// A death that is only confirmed under a newer incarnation changes no view, nor does a suspicion that is refuted.
  private mutating func countDeparture(of id: NodeID, at node: VirtualNode) {
    if absent[node.index, default: []].insert(id).inserted { countChange(at: node) }
  }

  private mutating func countArrival(of id: NodeID, isNew: Bool, at node: VirtualNode) {
    if absent[node.index]?.remove(id) != nil || isNew { countChange(at: node) }
  }

  private mutating func countChange(at node: VirtualNode) {
    while viewChanges.count <= Int(node.index) { viewChanges.append(0) }
    viewChanges[Int(node.index)] += 1
  }
}
