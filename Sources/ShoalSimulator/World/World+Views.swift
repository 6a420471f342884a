public import ShoalCore

/// What can be asked of a world.
extension World {
  /// Whether every running node is a member, all hold the same view, and it holds exactly the running ones. A paused node may be
  /// in it or not. O(1).
  public var isOneView: Bool {
    guard tally.joining == 0, tally.distinct <= 1 else { return false }
    guard let any = nodes.first(where: \.isAdmitted) else { return tally.admitted == 0 }
    let living = any.engine.livingCount
    return living >= tally.admitted && living <= tally.admitted + tally.paused
  }

  /// How many different views admitted nodes hold now, at most held at once, and ever held.
  public var distinctViews: (now: Int, most: Int, ever: Int) {
    (tally.distinct, tally.mostDistinct, tally.distinctEver)
  }

  /// How many nodes are running members.
  public var admittedCount: Int { tally.admitted }

  /// The names of the nodes that run and are members, in the order of their first start.
  public var admitted: [String] {
    machines.compactMap { machine in machine.process >= 0 && nodes[Int(machine.process)].isAdmitted ? machine.name : nil
    }
  }

  /// The living members in one node's view, in no particular order; empty when it does not run.
  public func members(at name: String) -> [Member] {
    guard let node = node(named: name) else { return [] }
    var members: [Member] = []
    node.engine.forEachMember { if $0.status.isLiving { members.append($0) } }
    return members
  }

  /// How the latest process called `name` looks to `observer`; nil when it is not known there.
  public func status(of name: String, at observer: String) -> MemberStatus? {
    guard let subject = node(named: name), let node = node(named: observer) else { return nil }
    return node.engine.member(subject.id)?.status
  }

  /// Whether every running member but itself sees the latest process called `name` in this status. O(nodes).
  public func everyone(holds name: String, as status: MemberStatus) -> Bool {
    guard let subject = node(named: name) else { return false }
    return nodes.allSatisfy { node in
      !node.isAdmitted || node === subject || node.engine.member(subject.id)?.status == status
    }
  }

  /// The metadata of the latest process called `name` that `observer` has at hand: empty when it has none; nil when it has not come, or
  /// either is unknown.
  public func metadata(of name: String, at observer: String) -> [UInt8]? {
    guard let subject = node(named: name), let node = node(named: observer) else { return nil }
    return node.engine.metadata(of: subject.id)
  }

  /// Whether every running member has the very metadata at hand that the latest process called `name` has now. O(nodes).
  public func everyone(holdsMetadataOf name: String) -> Bool {
    guard let subject = node(named: name) else { return false }
    let bytes = subject.engine.metadata(of: subject.id)
    return nodes.allSatisfy { !$0.isAdmitted || $0.engine.metadata(of: subject.id) == bytes }
  }

  /// The reign that a node follows; nil when it follows none, or does not run.
  public func coordinator(at name: String) -> Reign? { node(named: name)?.engine.coordinator }

  /// What a node does about coordination; nil when no process of this name ever ran.
  public func coordinationState(at name: String) -> CoordinationState? {
    node(named: name).map { $0.engine.coordinationState(at: $0.now(at: clock).monotonic) }
  }

  /// The names of the running members that coordinate, by their own account.
  public var coordinators: [String] { coordinatorsNow.map(\.name) }

  /// Whether all running members follow the same reign, and its coordinator, which is one of them, and nobody else coordinates; or, where
  /// none of them may, nobody does. O(nodes).
  public var hasOneCoordinator: Bool {
    guard nodes.contains(where: { $0.isAdmitted && $0.engine.myself.isEligible }) else {
      return nodes.allSatisfy { !$0.isAdmitted || $0.engine.coordinator == nil && !$0.isCoordinator(at: clock) }
    }
    guard let reign = nodes.first(where: \.isAdmitted)?.engine.coordinator,
      nodeByID[reign.coordinator].map({ nodes[Int($0)].isAdmitted }) == true
    else { return false }
    return nodes.allSatisfy { node in
      !node.isAdmitted
        || node.engine.coordinator == reign && node.isCoordinator(at: clock) == (node.id == reign.coordinator)
    }
  }

  /// How a process that is gone was found out, the latest of this name; nil when it never went.
  public func departure(of name: String) -> Departure? { departures.last { $0.name == name } }

  /// What a node has sent, the latest process of this name.
  public func traffic(of name: String) -> Traffic { node(named: name)?.traffic ?? Traffic() }

  /// What all nodes have sent together.
  public var traffic: Traffic { nodes.reduce(Traffic()) { $0 + $1.traffic } }

  /// The latest process of a name.
  package func node(named name: String) -> VirtualNode? {
    guard let machine = machineByName[name], machines[Int(machine)].process >= 0 else { return nil }
    return nodes[Int(machines[Int(machine)].process)]
  }

  /// What led to a violation, as lines for a person: the last events before it that its observer published about its subject, and
  /// the subject about the observer and itself; of an observer alone, whatever it published.
  public func lastEvents(before violation: Violation, limit: Int = 40) -> [String] {
    let names = Set([violation.observer, violation.subject ?? violation.observer])
    let concerned = nodes.filter { names.contains($0.name) }
    let entries = log.last(limit) { entry in
      Clock.elapsed(at: entry.instant) <= violation.time
        && concerned.contains { $0.index == entry.observer }
        && (violation.subject == nil || concerned.contains { $0.id == entry.subject })
    }
    return entries.map { entry in
      let subject = nodeByID[entry.subject].map {
        " \(nodes[Int($0)].name)/\(entry.subject.short)@\(entry.incarnation)"
      }
      let observer = nodes[Int(entry.observer)]
      return
        "\(Clock.text(Clock.elapsed(at: entry.instant))) \(observer.name)/\(observer.id.short): \(entry.kind)\(subject ?? "")"
    }
  }
}

extension World {
  /// The names of all machines, in the order of their first start.
  var allNames: [String] { machines.map(\.name) }

  var namesOfJoining: [String] { nodes.filter { $0.standing == .joining }.map(\.name) }

  /// Who suspects whom that runs.
  var suspectsThatLive: [(observer: String, subject: String)] {
    pairs { member, subject in member.status == .suspect && subject.isAdmitted }
  }

  /// Who lacks the latest metadata of whom, both running members.
  var metadataMissing: [(observer: String, subject: String)] {
    var found: [(observer: String, subject: String)] = []
    for subject in nodes where subject.isAdmitted && subject.engine.myself.metadataVersion > 0 {
      let bytes = subject.engine.metadata(of: subject.id)
      for node in nodes where node.isAdmitted && node.engine.metadata(of: subject.id) != bytes {
        found.append((node.name, subject.name))
      }
    }
    return found
  }

  /// Which names are held by two living members in one view.
  var namesHeldTwice: [(observer: String, name: String)] {
    var found: [(observer: String, name: String)] = []
    for node in nodes where node.isAdmitted {
      var names: Set<String> = []
      node.engine.forEachMember { member in
        if member.status.isLiving, !names.insert(member.name).inserted { found.append((node.name, member.name)) }
      }
    }
    return found
  }

  /// Who holds whom living that does not run.
  var livingInViewsButGone: [(observer: String, subject: String)] {
    pairs { member, subject in
      member.status.isLiving && (subject.state == .crashed || subject.state == .stopped)
    }
  }

  private func pairs(
    where isWanted: (Member, VirtualNode) -> Bool
  ) -> [(observer: String, subject: String)] {
    var found: [(observer: String, subject: String)] = []
    for node in nodes where node.isAdmitted {
      node.engine.forEachMember { member in
        guard let subject = nodeByID[member.id].map({ nodes[Int($0)] }), isWanted(member, subject) else { return }
        found.append((node.name, subject.name))
      }
    }
    return found
  }

  /// Whom each running node follows, for a person.
  var coordinatorsText: String {
    nodes.filter(\.isAdmitted).map { node in
      let reign = node.engine.coordinator.map { "\($0.name)@\($0.epoch)" } ?? "nobody"
      return
        "\(node.name) follows \(reign) and is \(node.engine.coordinationState(at: node.now(at: clock).monotonic).rawValue)"
    }.joined(separator: ", ")
  }

  /// How many members each running node sees, for a person.
  var viewsText: String {
    nodes.filter(\.isAdmitted).map { "\($0.name) sees \($0.engine.livingCount)" }.joined(separator: ", ")
      + " of \(tally.admitted)"
  }
}
