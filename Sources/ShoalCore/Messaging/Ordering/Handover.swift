/// What a new sequencer has learned of how far others hold the order, and whose order goes on.
struct Handover {
  /// By member. Looked up, and walked in the order of members.
  private var reports: [NodeID: OrderHoldings] = [:]
  let since: Instant

  /// A living member that says nothing for so long is not waited for: it may have lost its place when it comes back.
  static let patience = Nanoseconds.seconds(5)

  init(since: Instant) { self.since = since }

  func hasReported(_ id: NodeID) -> Bool { reports[id] != nil }

  mutating func take(_ holdings: OrderHoldings, from id: NodeID) { reports[id] = holdings }

  mutating func forget(_ id: NodeID) { reports[id] = nil }

  /// How the order goes on.
  struct Decision: Equatable {
    /// The order of the latest reign that anybody holds; all that hold only its beginning can go on with it.
    let history: OrderHistory
    /// Who holds most of it.
    let furthest: NodeID
    /// From behind `base` up to `top`.
    let base: UInt64
    let top: UInt64
  }

  /// The latest reign's order, as far as anybody holds it; nil when nobody holds any.
  func decide(among members: [NodeID]) -> Decision? {
    let held = members.compactMap { id in reports[id].map { (id: id, holdings: $0) } }
      .filter { !$0.holdings.history.isEmpty }
    guard
      let latest = held.max(by: { left, right in
        guard let first = left.holdings.history.last, let second = right.holdings.history.last else { return false }
        return first < second
      })
    else { return nil }
    let history = latest.holdings.history
    let fitting = held.filter { history.contains($0.holdings.top, of: $0.holdings.history.last) }
    guard let furthest = fitting.max(by: { $0.holdings.top < $1.holdings.top }) else { return nil }
    return Decision(
      history: history, furthest: furthest.id, base: furthest.holdings.base, top: furthest.holdings.top)
  }
}
