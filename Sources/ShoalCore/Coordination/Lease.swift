/// The time for which a majority of the seats has promised to grant nobody else, as its claimant knows it.
///
/// Each grant counts from the moment at which it was asked for, so that it has run out here before it does at the seat. A seat adds the
/// drift bound, an eighth: enough for two clocks whose rates are off by up to 5 % each.
struct Lease {
  let epoch: UInt64
  let reason: ReignReason
  let majority: Int
  /// The list that is asked for; another one is on its way while a seat changes hands.
  private(set) var seats: SeatList
  /// The list before, until a majority holds `seats`.
  private(set) var before: SeatList?
  /// Whether the list was made for this claim, from the view, because no other is known.
  let isFirst: Bool

  private var grants: [Grant] = []
  private var rounds: [Round] = []
  /// Until when it lasts; zero before a majority has granted it.
  private(set) var end = Instant.zero
  /// Whether a majority has granted it: there is a reign.
  var isHeld = false
  /// When the seats are asked again.
  var nextRound = Instant.zero
  /// When an attempt is given up. One without any grant outlasts what was promised to a coordinator that has crashed. Half a lease after the
  /// first grant, our own seat's included, others have their turn.
  private(set) var giveUpAt: Instant

  private struct Grant {
    let name: UInt64
    /// When the latest request that was granted had been sent.
    var askedAt: Instant?
    /// Whether it holds `seats`.
    var holdsSeats = false
  }

  private struct Round {
    let sequence: UInt32
    let sentAt: Instant
    let change: UInt32
  }

  /// Answers to so many rounds are known; older ones come too late.
  private static let roundLimit = 16
  /// How much longer a seat keeps its promise than its claimant relies on it.
  static func promise(_ leaseTime: Nanoseconds) -> Nanoseconds { leaseTime + leaseTime / 8 }
  /// How often a lease is renewed, and how often one is asked for anew that was not granted yet.
  static func renewal(_ leaseTime: Nanoseconds) -> Nanoseconds { leaseTime / 5 }
  static func retry(_ leaseTime: Nanoseconds) -> Nanoseconds { leaseTime / 20 }

  init(
    epoch: UInt64, reason: ReignReason, seats: SeatList, isFirst: Bool, majority: Int, leaseTime: Nanoseconds,
    now: Instant
  ) {
    self.epoch = epoch
    self.reason = reason
    self.seats = seats
    self.isFirst = isFirst
    self.majority = majority
    giveUpAt = now + Self.promise(leaseTime) + leaseTime / 2
    grants = seats.names.map { Grant(name: $0) }
  }

  var request: LeaseRequest {
    LeaseRequest(epoch: epoch, isFirst: isFirst && !isHeld, isHeld: isHeld && before == nil, seats: seats)
  }

  /// Whether a majority holds the list, so that it may change.
  var isSettled: Bool { isHeld && before == nil }

  func lasts(at now: Instant) -> Bool { isHeld && now < end }

  /// When there is something to do about it: the next round, or its end if that is still ahead.
  func deadline(after now: Instant) -> Instant { isHeld && end > now ? min(nextRound, end) : nextRound }

  /// How many seats have granted it for longer than until `now`.
  func grantCount(at now: Instant, leaseTime: Nanoseconds) -> Int {
    grants.count { grant in grant.askedAt.map { $0 + leaseTime > now } ?? false }
  }

  mutating func beginRound(sequence: UInt32, now: Instant) {
    if rounds.count == Self.roundLimit { rounds.removeFirst() }
    rounds.append(Round(sequence: sequence, sentAt: now, change: seats.change))
  }

  /// Takes a grant; true when it counts.
  mutating func granted(by name: UInt64, sequence: UInt32, leaseTime: Nanoseconds, now: Instant) -> Bool {
    guard let round = rounds.first(where: { $0.sequence == sequence }),
      let place = grants.firstIndex(where: { $0.name == name })
    else { return false }
    if grants.allSatisfy({ $0.askedAt == nil }) { giveUpAt = min(giveUpAt, now + leaseTime / 2) }
    grants[place].askedAt = max(grants[place].askedAt ?? .zero, round.sentAt)
    if round.change == seats.change { grants[place].holdsSeats = true }
    if before != nil, grants.count(where: { $0.holdsSeats && seats.contains($0.name) }) >= majority { before = nil }
    let earliest = min(majorityAsked(of: seats), before.map { majorityAsked(of: $0) } ?? Instant(nanoseconds: .max))
    end = earliest == .zero ? .zero : earliest + leaseTime
    return true
  }

  /// Changes the seats by one name.
  mutating func reseat(_ names: [UInt64]) {
    before = seats
    seats = SeatList(change: seats.change + 1, epoch: epoch, names: names)
    grants.removeAll { grant in !names.contains(grant.name) && before?.contains(grant.name) != true }
    for place in grants.indices { grants[place].holdsSeats = false }
    for name in names where !grants.contains(where: { $0.name == name }) { grants.append(Grant(name: name)) }
  }

  /// The latest moment since which a majority of a list has been asked, and has granted; zero when there is none.
  private func majorityAsked(of list: SeatList) -> Instant {
    var latest = Instant.zero
    for grant in grants {
      guard let asked = grant.askedAt, asked > latest else { continue }
      let count = grants.count { other in list.contains(other.name) && other.askedAt.map { $0 >= asked } ?? false }
      if count >= majority { latest = asked }
    }
    return latest
  }
}
