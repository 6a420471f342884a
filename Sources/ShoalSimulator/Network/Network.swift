import ShoalCore

/// Decides for each packet whether and when it arrives, and in what state.
struct Network {
  /// How long a driver waits for a connection to be made and authenticated.
  static let dialDeadline = Nanoseconds.seconds(3)
  /// A lost segment with data is sent again after so long, as on Linux in one data centre.
  static let segmentRetry = Nanoseconds.milliseconds(200)
  /// A lost SYN, or a lost answer to it, is sent again after so long; then after twice as long, and so on (RFC 6298 §5.7).
  static let connectRetry = Nanoseconds.seconds(1)
  /// A segment is sent again at most so often in one draw.
  private static let segmentRetries = 8

  private var random: PRNG
  private var base: Nanoseconds
  private var jitter: Nanoseconds
  private var spike: Nanoseconds
  private(set) var conditions: NetworkConditions
  /// What active faults do to the links.
  private var rules: [LinkRule] = []

  init(_ conditions: NetworkConditions, seed: UInt64) {
    random = PRNG(seed: seed)
    self.conditions = conditions
    base = Nanoseconds(conditions.latency)
    jitter = Nanoseconds(conditions.jitter)
    spike = Nanoseconds(conditions.spike)
  }

  mutating func change(to conditions: NetworkConditions) {
    self.conditions = conditions
    base = Nanoseconds(conditions.latency)
    jitter = Nanoseconds(conditions.jitter)
    spike = Nanoseconds(conditions.spike)
  }

  mutating func add(_ rule: LinkRule) { rules.append(rule) }
  mutating func removeRule(_ id: FaultID) { rules.removeAll { $0.id == id } }

  // MARK: Ways

  /// Whether nothing gets from one machine to another now.
  func isCut(_ sender: Int32, _ receiver: Int32, at now: Instant) -> Bool {
    guard !rules.isEmpty else { return false }
    return rules.contains { $0.cuts(sender, receiver, at: now) }
  }

  // MARK: Datagrams

  /// What happens to one datagram on its way.
  struct Passage {
    /// Nil when it is lost.
    var trip: Nanoseconds?
    var isOverSize = false
    var isLate = false
    /// The second one of a datagram that arrives twice.
    var secondTrip: Nanoseconds?
    var damage: Damage?
    /// When somebody sends a recording of it again, after its arrival, and whether to another node.
    var replay: (after: Nanoseconds, elsewhere: Bool)?
  }

  enum Damage { case corrupted, truncated }

  /// One datagram's way. `bytes` is its length, sealed.
  mutating func passage(from sender: Int32, to receiver: Int32, bytes: Int) -> Passage {
    var passage = Passage()
    passage.trip = happens(conditions.lossPerMillion) ? nil : datagramTrip()
    if passage.trip != nil, happens(conditions.duplicatePerMillion), !happens(conditions.lossPerMillion) {
      passage.secondTrip = datagramTrip()
    }
    for index in rules.indices where rules[index].covers(sender, receiver) {
      apply(index, way: LinkRule.way(sender, receiver), bytes: bytes, to: &passage)
    }
    return passage
  }

  private mutating func apply(_ index: Int, way: Int, bytes: Int, to passage: inout Passage) {
    switch rules[index].effect {
    case .loss(let chance): if happens(chance) { passage.trip = nil }
    case .bursts: if isInBurst(index, way: way) { passage.trip = nil }
    case .duplicates(let chance): if happens(chance) { passage.secondTrip = datagramTrip() }
    case .late(let chance, let span, let isDrawn):
      guard happens(chance), let trip = passage.trip else { return }
      passage.trip = trip + (isDrawn ? random.jitter(span + 1) : span)
      passage.isLate = true
    case .corruption(let chance): if happens(chance) { passage.damage = .corrupted }
    case .truncation(let chance): if happens(chance) { passage.damage = .truncated }
    case .sizeLimit(let limit): if bytes > limit { (passage.trip, passage.isOverSize) = (nil, true) }
    case .replay(let chance, let within, let elsewhere):
      if happens(chance) { passage.replay = (random.jitter(within + 1), elsewhere) }
    case .cut, .split, .flap, .refuseStreams, .resetStreams, .halfOpenStreams, .stallStreams: break
    }
  }

  /// Gilbert's two states: the way changes state first, then the packet meets it.
  private mutating func isInBurst(_ index: Int, way: Int) -> Bool {
    guard case .bursts(let toBad, let toGood) = rules[index].effect else { return false }
    let wasBad = rules[index].isBad[way]
    if happens(wasBad ? toGood : toBad) { rules[index].isBad[way] = !wasBad }
    return rules[index].isBad[way]
  }

  private mutating func datagramTrip() -> Nanoseconds {
    trip() + (happens(conditions.spikesPerMillion) ? spike : 0)
  }

  // MARK: Streams

  /// One trip of a segment of a stream, lost ones sent again.
  mutating func segmentTrip(from sender: Int32, to receiver: Int32) -> Nanoseconds {
    var total = trip()
    for _ in 0..<Self.segmentRetries where isSegmentLost(from: sender, to: receiver) { total += Self.segmentRetry }
    return total
  }

  /// One trip of an answer that nobody sends again, and of a look-up.
  mutating func plainTrip() -> Nanoseconds { trip() }

  /// Whether loss takes one segment.
  mutating func isSegmentLost(from sender: Int32, to receiver: Int32) -> Bool {
    var isLost = happens(conditions.lossPerMillion)
    for index in rules.indices where rules[index].covers(sender, receiver) {
      switch rules[index].effect {
      case .loss(let chance), .corruption(let chance), .truncation(let chance): if happens(chance) { isLost = true }
      case .bursts: if isInBurst(index, way: LinkRule.way(sender, receiver)) { isLost = true }
      case .duplicates, .late, .sizeLimit, .replay, .cut, .split, .flap, .refuseStreams, .resetStreams,
        .halfOpenStreams, .stallStreams:
        break
      }
    }
    return isLost
  }

  /// What faults of streams do to a connection on this way.
  func streamTrouble(from sender: Int32, to receiver: Int32) -> StreamTrouble? {
    guard !rules.isEmpty else { return nil }
    for rule in rules where rule.covers(sender, receiver) {
      switch rule.effect {
      case .refuseStreams: return .refused
      case .resetStreams: return .reset
      case .halfOpenStreams: return .halfOpen
      case .stallStreams: return .stalled
      case .loss, .bursts, .duplicates, .late, .corruption, .truncation, .sizeLimit, .replay, .cut, .split, .flap: break
      }
    }
    return nil
  }

  enum StreamTrouble { case refused, reset, halfOpen, stalled }

  // MARK: Draws

  /// Any machine, for a recording that is sent elsewhere.
  mutating func anyMachine(of count: Int) -> Int32 { Int32(random.below(count)) }

  /// A place in a datagram, for damage.
  mutating func anyPosition(in count: Int) -> Int { random.below(count) }

  private mutating func trip() -> Nanoseconds { base + random.jitter(jitter + 1) }

  private mutating func happens(_ perMillion: Int) -> Bool {
    perMillion > 0 && random.below(1_000_000) < perMillion
  }
}
