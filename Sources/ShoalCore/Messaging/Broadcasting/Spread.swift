/// One publication on its way to the members that this node is to bring it to.
struct Spread {
  /// One member that this node sends it to itself, and those that this one hands it on to.
  struct Branch {
    let child: SpreadTarget
    /// The child's process has it, or never will.
    var isChildSettled = false
    /// The message on its way to the child; 0 while there is no room for it.
    var message: UInt64 = 0
    /// Whom the child has not reported yet.
    var rest: [SpreadTarget]
    /// When the child's silence becomes too long.
    var checkAt: Instant

    var isSettled: Bool { isChildSettled && rest.isEmpty }
  }

  let publication: Publication
  /// Whom it came from; nil for this node's own.
  var parent: NodeID?
  var branches: [Branch] = []
  /// What is known: of this node's own publications everything, else what the parent was not told yet.
  var acknowledged: [NodeID] = []
  var failed: [(id: NodeID, failure: BroadcastFailure)] = []
  /// Whether the parent is to be told soon.
  var isReportDue = false

  init(_ publication: Publication, parent: NodeID?) {
    self.publication = publication
    self.parent = parent
  }

  var isOwn: Bool { parent == nil }
  /// Whether it is of a totally ordered topic: then its publisher hears of it by other means.
  var isOrdered: Bool { publication.stamp != nil }
  var isSettled: Bool { branches.isEmpty }

  var pending: [NodeID] {
    branches.flatMap { branch in (branch.isChildSettled ? [] : [branch.child.id]) + branch.rest.map(\.id) }
  }

  func isPending(_ id: NodeID) -> Bool {
    branches.contains { ($0.child.id == id && !$0.isChildSettled) || $0.rest.contains { $0.id == id } }
  }

  /// Takes a member out of what is pending.
  ///
  /// - Returns: whether it was there.
  mutating func settle(_ id: NodeID) -> Bool {
    for position in branches.indices {
      if branches[position].child.id == id, !branches[position].isChildSettled {
        branches[position].isChildSettled = true
      } else if let place = branches[position].rest.firstIndex(where: { $0.id == id }) {
        branches[position].rest.remove(at: place)
      } else {
        continue
      }
      if branches[position].isSettled { branches.remove(at: position) }
      return true
    }
    return false
  }

  /// Takes over whom a child was to hand it on to.
  mutating func takeRest(ofBranch position: Int) -> [SpreadTarget] {
    let rest = branches[position].rest
    branches[position].rest = []
    if branches[position].isSettled { branches.remove(at: position) }
    return rest
  }

  /// Cuts targets into as many arcs of the ring as a node may serve: the first of each arc hands on to the others.
  static func arcs(of targets: [SpreadTarget], fanOut: Int) -> [(child: SpreadTarget, rest: [SpreadTarget])] {
    let count = min(fanOut, targets.count)
    return (0..<count).map { arc in
      let start = arc * targets.count / count
      let end = (arc + 1) * targets.count / count
      return (targets[start], Array(targets[start + 1..<end]))
    }
  }
}
