/// Holds back the publications of one causal topic until everything that they depend on was handed over.
struct CausalOrder {
  private struct Held {
    let next: Series.Next

    var dependencies: [Publication.Dependency] { next.publication.dependencies }
  }

  /// The last of each publisher that was handed over.
  private var clock: [NodeID: UInt64] = [:]
  /// What waits, of each publisher in its order: only the first of each can be next.
  private var held: [NodeID: Fifo<Held>] = [:]
  /// Of whom something waits, in the order of its coming.
  private var waiting: [NodeID] = []
  private(set) var cost = 0

  var isWaiting: Bool { !waiting.isEmpty }

  /// What a publication that is made now depends on.
  var dependencies: [Publication.Dependency] {
    clock.map { Publication.Dependency(publisher: $0.key, number: $0.value) }.sorted { $0.publisher < $1.publisher }
  }

  mutating func add(_ next: Series.Next) {
    let publisher = next.publication.key.publisher
    if held[publisher] == nil {
      held[publisher] = Fifo()
      waiting.append(publisher)
    }
    held[publisher]?.append(Held(next: next))
    cost += Series.cost(of: next.publication)
  }

  /// Hands over all whose time has come.
  ///
  /// - Parameter isTaken: whether a series has come past a dependency, so that it is either here or never comes.
  mutating func release(into ready: inout [Series.Next], isTaken: (Publication.Dependency) -> Bool) {
    var isProgress = true
    while isProgress {
      isProgress = false
      for publisher in waiting {
        while let first = held[publisher]?.first, first.dependencies.allSatisfy({ isMet($0, isTaken) }) {
          handOverFirst(of: publisher, into: &ready)
          isProgress = true
        }
      }
      waiting.removeAll { held[$0] == nil }
    }
  }

  private func isMet(_ dependency: Publication.Dependency, _ isTaken: (Publication.Dependency) -> Bool) -> Bool {
    guard isTaken(dependency) else { return false }
    guard let first = held[dependency.publisher]?.first else { return true }
    return first.next.publication.key.number > dependency.number
  }

  private mutating func handOverFirst(of publisher: NodeID, into ready: inout [Series.Next]) {
    guard let next = held[publisher]?.popFirst()?.next else { return }
    if held[publisher]?.isEmpty == true { held[publisher] = nil }
    cost -= Series.cost(of: next.publication)
    clock[publisher] = next.publication.key.number
    ready.append(next)
  }

  /// Whom the next ones wait for.
  func awaited(isTaken: (Publication.Dependency) -> Bool) -> Set<NodeID> {
    Set(
      waiting.flatMap { publisher in
        (held[publisher]?.first?.dependencies ?? []).filter { !isTaken($0) }.map(\.publisher)
      })
  }

  /// The last one of a publisher that something here waits for; nil when nothing does.
  func lastAwaited(of publisher: NodeID) -> UInt64? {
    var last: UInt64?
    for waiter in waiting {
      held[waiter]?.forEach { held in
        for dependency in held.dependencies where dependency.publisher == publisher {
          last = max(last ?? 0, dependency.number)
        }
      }
    }
    return last
  }

  /// What the one that has waited longest waits for.
  var firstAwaited: [Publication.Dependency] { waiting.first.flatMap { held[$0]?.first?.dependencies } ?? [] }

  /// Hands over the one that has waited longest, whatever it waits for.
  mutating func releaseFirst(into ready: inout [Series.Next]) {
    guard let publisher = waiting.first else { return }
    handOverFirst(of: publisher, into: &ready)
    waiting.removeAll { held[$0] == nil }
  }

  mutating func forget(_ publisher: NodeID) { clock[publisher] = nil }
}
