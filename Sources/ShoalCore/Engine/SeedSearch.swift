/// The search for a seed that admits this node, and later for seeds that were lost.
struct SeedSearch {
  var addresses: [SeedAddress] = []
  /// How often a seed was asked; also the incarnation under which this node asks. What one seed has granted, and could not say any
  /// more, is so outranked by what the next one grants, also within one round.
  var asked: UInt64 = 0
  /// Look-ups under way in this round.
  var resolving: [(id: ResolveID, seed: String)] = []
  /// Addresses that this round has found, ours left out; each once.
  var found: [Endpoint] = []
  /// Seeds of this round that turned out to be this node itself.
  var selves = 0

  /// Those to whom we were sent and who have not been tried yet.
  private var targets: [RedirectTarget] = []
  /// How often we were sent on in this round.
  private var redirects = 0
  /// Which living member was found at an address: the next round need not look through all of them. Looked up, never iterated.
  private(set) var holders: [Endpoint: NodeID] = [:]

  private let retryInterval: Nanoseconds
  private let retryLimit: Nanoseconds
  private var backoff: Nanoseconds
  private var nextResolve: UInt64 = 0

  /// At most so many addresses are dialled in one round.
  static let dialLimit = 16
  /// A newcomer that is sent on more often than this in one round waits for the next one.
  static let redirectLimit = 16

  init(retryInterval: Nanoseconds, retryLimit: Nanoseconds) {
    self.retryInterval = retryInterval
    self.retryLimit = retryLimit
    backoff = retryInterval
  }

  /// Beyond as many as a round may find, all are forgotten and found again.
  mutating func noteHolder(_ id: NodeID, of endpoint: Endpoint) {
    if holders.count >= Self.dialLimit { holders.removeAll(keepingCapacity: true) }
    holders[endpoint] = id
  }

  mutating func beginRound() {
    resolving.removeAll()
    found.removeAll(keepingCapacity: true)
    selves = 0
    targets.removeAll()
    redirects = 0
  }

  /// Takes in where we were sent. Beyond the limit nothing is taken: the round ends.
  mutating func redirected(to newTargets: [RedirectTarget]) {
    redirects += 1
    targets = redirects <= Self.redirectLimit ? newTargets : []
  }

  mutating func nextTarget() -> RedirectTarget? { targets.isEmpty ? nil : targets.removeFirst() }

  mutating func drawResolveID() -> ResolveID {
    nextResolve += 1
    return ResolveID(nextResolve)
  }

  /// The wait before the next round: doubles from round to round, half of it jitter.
  mutating func nextWait(random: inout PRNG) -> Nanoseconds {
    let wait = backoff / 2 + random.jitter(backoff / 2 + 1)
    backoff = min(retryLimit, backoff * 2)
    return wait
  }

  mutating func resetBackoff() { backoff = retryLimit / 4 + 1 }
}

extension SeedAddress: CustomStringConvertible {
  package var description: String {
    switch self {
    case .endpoint(let endpoint): endpoint.description
    case .host(let host, let port): "\(host):\(port)"
    }
  }
}
