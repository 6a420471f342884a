import ShoalCore

/// Draws the faults of one scenario.
struct FaultDraw {
  private var random: PRNG
  private let nodes: Int
  private let seeds: [String]
  private let length: Duration
  private(set) var allowed: [FaultKind] = []
  private var newcomers = 0

  /// How many seconds lie between two faults on average: drawn from these.
  private static let spacings = [2, 4, 8, 15, 30]
  /// At most so many faults are drawn.
  private static let limit = 512
  /// None, a little, and around the lengths of chunks and of all.
  private static let metadataSizes = [0, 1, 700, 700, 5_000, 32_768, 32_769, 65_536]
  /// At most so many join at once.
  private static let massLimit = 32

  init(random: PRNG, nodes: Int, seeds: Int, length: Duration) {
    self.random = random
    self.nodes = nodes
    self.seeds = (0..<seeds).map { "node-\($0)" }
    self.length = length
    for kind in FaultKind.allCases where !kind.isOperation && self.random.below(2) == 0 { allowed.append(kind) }
    if allowed.isEmpty { allowed = [.crash] }
  }

  mutating func faults() -> [ScheduledFault] {
    let spacing = Self.spacings[random.below(Self.spacings.count)]
    let seconds = Int(length.components.seconds)
    let count = min(Self.limit, max(2, seconds / spacing))
    return (0..<count).map { _ in
      let fault = draw(allowed[random.below(allowed.count)])
      let start = Duration.milliseconds(random.below(max(1, seconds * 1_000)))
      // From a hiccup to far beyond any suspicion; small ones more often.
      let span = Duration.milliseconds(50 << random.below(11))
      return .from(start, for: span, fault)
    }
  }

  /// What operators do meanwhile: of a draw of its own, so that it changes nothing of the rest.
  static func operations(seed: UInt64, nodes: Int, length: Duration) -> (allowed: [FaultKind], faults: [ScheduledFault])
  {
    var draw = FaultDraw(
      random: PRNG(seed: StableHash.combine(seed, 0x4F50_4552_4154_4F52)), nodes: nodes, seeds: 1, length: length)
    draw.allowed = []
    for kind in FaultKind.allCases where kind.isOperation && draw.random.below(2) == 0 { draw.allowed.append(kind) }
    return (draw.allowed, draw.allowed.isEmpty ? [] : draw.faults())
  }

  private mutating func draw(_ kind: FaultKind) -> Fault {
    switch kind {
    case .crash: .crash(few())
    case .cutPower: .cutPower(one())
    case .restart: .restart(few(), Fault.Restart.allCases[random.below(3)])
    case .upgrade: upgrade()
    case .join: .join(arrivals(), through: seeds)
    case .leave: .leave(random.below(3) == 0 ? most() : few())
    case .changeTags: .changeTags(few())
    case .changeMetadata: .changeMetadata(few(), bytes: Self.metadataSizes[random.below(Self.metadataSizes.count)])
    case .renewSalt: .renewSalt(few())
    case .jumpWallClock: .jumpWallClock(few(), by: .milliseconds(random.below(7_200_000) - 3_600_000))
    case .drain: .drain(few(), timeout: .milliseconds(random.below(40_000)))
    case .undrain: .undrain(.everyone)
    case .abdicate: .abdicate(.everyone)
    case .elect: .elect(few())
    case .evict: .evict(few(), by: name())
    case .pause: .pause(some())
    case .freeze: .freeze(few())
    case .blockIO: .blockIO(some())
    case .starve: .starve(few())
    case .smallBuffers: .smallBuffers(some(), bytes: 2_000 << random.below(6))
    case .slow: .slow(few(), by: .milliseconds(1 << random.below(10)))
    case .clockRate: .clockRate(few(), perMillion: random.below(100_001) - 50_000)
    case .loss: .loss(links(), percent: 5 + random.below(76))
    case .bursts: .bursts(links(), percent: 5 + random.below(46), length: 2 + random.below(30))
    case .duplicates: .duplicates(links(), percent: 1 + random.below(50))
    case .reorder: .reorder(links(), percent: 1 + random.below(50), within: .milliseconds(1 + random.below(200)))
    case .spikes: .spikes(links(), percent: 1 + random.below(30), by: .milliseconds(50 << random.below(6)))
    case .corruption: .corruption(links(), percent: 1 + random.below(30))
    case .truncation: .truncation(links(), percent: 1 + random.below(30))
    case .sizeLimit: .sizeLimit(links(), bytes: 150 + random.below(1_200))
    case .replay:
      .replay(
        .all, percent: 1 + random.below(30), within: .milliseconds(100 << random.below(11)),
        elsewhere: random.below(2) == 0)
    case .forge: .forge(some(), perSecond: 1 + random.below(20))
    case .rotateKeys: .rotateKeys(random.below(8) == 0 ? .everyone : many())
    case .split: .split([names { $0.below(2) == 0 }])
    case .cut: .cut(links())
    case .flap: .flap(links(), down: .milliseconds(50 << random.below(9)), up: .milliseconds(50 << random.below(9)))
    case .refuseStreams: .refuseStreams(links())
    case .resetStreams: .resetStreams(links())
    case .halfOpenStreams: .halfOpenStreams(links())
    case .stallStreams: .stallStreams(links())
    }
  }

  /// Any build at a few; a foreign one only where no seed runs, for nobody could join through it.
  private mutating func upgrade() -> Fault {
    let build = Build.allCases[random.below(Build.allCases.count)]
    guard build == .foreign else { return .upgrade(few(), to: build) }
    return .upgrade(.named(["node-\(seeds.count + random.below(max(1, nodes - seeds.count)))"]), to: build)
  }

  // MARK: Targets

  private mutating func one() -> Nodes { .named([name()]) }

  /// One, seldom two or three.
  private mutating func few() -> Nodes {
    .named((0..<1 + random.below(8) / 6 + random.below(8) / 7).map { _ in name() })
  }

  /// A third.
  private mutating func many() -> Nodes { .named(names { $0.below(3) == 0 }) }

  /// Two thirds.
  private mutating func most() -> Nodes { .named(names { $0.below(3) != 0 }) }

  /// One, or a good share, or seldom all.
  private mutating func some() -> Nodes {
    switch random.below(8) {
    case 0...4: one()
    case 5...6: .named(names { $0.below(4) == 0 })
    default: .named(names { _ in true })
    }
  }

  /// Up to a third as many newcomers as there are nodes, seldom as many again, all at once.
  private mutating func arrivals() -> Nodes {
    let first = newcomers
    newcomers += random.below(6) == 0 ? min(Self.massLimit, nodes) : 1 + random.below(max(1, min(8, nodes / 3)))
    return .named((first..<newcomers).map { "late-\($0)" })
  }

  /// From one to all, one to one, between two groups, all that one sends and gets, or everything.
  private mutating func links() -> Links {
    switch random.below(6) {
    case 0: .from(one())
    case 1: .from(.everyone, to: one())
    case 2: .from(one(), to: one())
    case 3: .between(one(), and: .named(names { $0.below(3) == 0 }))
    case 4: .touching(one())
    default: .all
    }
  }

  private mutating func name() -> String { "node-\(random.below(nodes))" }

  private mutating func names(_ isWanted: (inout PRNG) -> Bool) -> [String] {
    (0..<nodes).compactMap { isWanted(&random) ? "node-\($0)" : nil }
  }
}
