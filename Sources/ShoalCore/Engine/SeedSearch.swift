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

  /// What this round has shown of each seed that is not in a cluster either. Looked up, never iterated.
  private var standings: [Endpoint: Standing] = [:]

  private enum Standing {
    case unreachable
    /// Looks for a seed itself. The lower NodeID of two founds the cluster.
    case searching(defers: Bool)
  }
  /// Whether a seed that leaves the founding to us has asked us to let it in.
  private var wasAsked = false

  /// Those to whom we were sent and who have not been tried yet.
  private var targets: [RedirectTarget] = []
  /// How often we were sent on in this round.
  private var redirects = 0
  /// Which living member was found at an address: the next round need not look through all of them. Looked up, never iterated.
  private(set) var holders: [Endpoint: NodeID] = [:]
  /// When they are looked for again; nil while they are.
  var nextRound: Instant?

  /// Rounds in which somebody has not answered in time, since this node began to search.
  private var silentRounds: UInt64 = 0
  private var isSilentRound = false
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

  mutating func noteSilence() { isSilentRound = true }

  mutating func beginRound() {
    isSilentRound = false
    resolving.removeAll()
    found.removeAll(keepingCapacity: true)
    selves = 0
    standings.removeAll()
    wasAsked = false
    targets.removeAll()
    redirects = 0
  }

  // MARK: Founding
  //
  // Seeds that start together and name each other all search, and none can let another one in. The one with the lowest NodeID among
  // those that can be reached founds the cluster: not before it has heard of each of the others, since two of them might each take
  // themselves for the lowest.

  /// Whether all other seeds are unreachable or search and have higher NodeIDs, and one of these has asked us to let it in.
  var leaveFoundingToUs: Bool {
    wasAsked
      && found.allSatisfy {
        switch standings[$0] {
        case .unreachable, .searching(defers: true): true
        case .searching(defers: false), nil: false
        }
      }
  }

  /// A seed that was dialled does not answer. Whoever has asked us meanwhile is there nevertheless.
  mutating func isUnreachable(_ endpoint: Endpoint) {
    guard found.contains(endpoint), standings[endpoint] == nil else { return }
    standings[endpoint] = .unreachable
  }

  /// A seed has said that it is not in a cluster.
  mutating func isSearching(_ endpoint: Endpoint, defers: Bool) {
    guard found.contains(endpoint) else { return }
    standings[endpoint] = .searching(defers: defers)
  }

  /// A node that may be one of our seeds has asked us to let it in.
  mutating func asksUs(_ endpoint: Endpoint, defers: Bool) {
    guard found.contains(endpoint) else { return }
    isSearching(endpoint, defers: defers)
    if defers { wasAsked = true }
  }

  /// Takes in where we were sent. Beyond the limit nothing is taken: the round ends.
  mutating func redirected(to newTargets: [RedirectTarget]) {
    redirects += 1
    targets = redirects <= Self.redirectLimit ? newTargets : []
  }

  mutating func nextTarget() -> RedirectTarget? { targets.isEmpty ? nil : targets.removeFirst() }

  /// How long an answer is waited for: twice as long after each round in which time ran out, four times at most. Whoever was given up
  /// may only have been too busy, and each new attempt takes time from those before it.
  func patience(_ usual: Nanoseconds) -> Nanoseconds { usual << min(silentRounds, 2) }

  mutating func drawResolveID() -> ResolveID {
    nextResolve += 1
    return ResolveID(nextResolve)
  }

  /// The wait before the next round: doubles from round to round, half of it jitter.
  mutating func nextWait(random: inout PRNG) -> Nanoseconds {
    if isSilentRound { silentRounds += 1 }
    let wait = backoff / 2 + random.jitter(backoff / 2 + 1)
    backoff = min(retryLimit, backoff * 2)
    return wait
  }

  /// This node has got in.
  mutating func resetBackoff() {
    backoff = retryLimit / 4 + 1
    silentRounds = 0
  }
}

/// A seed, or somebody named by one, to whom a connection is made or stands.
struct DialledSeed {
  /// As the user wrote it.
  let address: String
  let endpoint: Endpoint
}

extension SeedAddress: CustomStringConvertible {
  package var description: String {
    switch self {
    case .endpoint(let endpoint): endpoint.description
    case .host(let host, let port): "\(host):\(port)"
    }
  }
}
