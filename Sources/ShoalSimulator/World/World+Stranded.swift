import ShoalCore

/// Those who can never become members, because nobody runs at any address that they were given.
extension World {
  /// Kills them, as an operator would: no node can help itself out of that, and nothing is shown by its going on trying.
  func giveUpOnTheStranded() {
    var isDone = false
    while !isDone {
      isDone = true
      // One that is given up may have been the last hope of another.
      for node in nodes where node.standing == .joining && !node.seeds.contains(where: { runs(at: $0, besides: node) })
      {
        // The first of a cluster needs nobody.
        guard !node.seeds.isEmpty, crash(node.name) else { continue }
        isDone = false
      }
    }
  }

  private func runs(at seed: SeedAddress, besides node: VirtualNode) -> Bool {
    let found: VirtualNode?
    switch seed {
    case .endpoint(let endpoint):
      found = Machine.index(of: endpoint, count: machines.count).flatMap { process(on: $0) }
    case .host(let name, _): found = self.node(named: name)
    }
    guard let found, found !== node else { return false }
    return found.state == .running || found.state == .paused
  }
}
