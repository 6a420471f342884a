/// What the holder of a seat has promised to whom.
///
/// ```
/// claimant ── leaseRequest (epoch, seats) ──▶ seat        nobody else has its promise, and the epoch is new
/// claimant ◀── leaseAnswer (granted) ──────── seat        promised for one lease and the drift bound
/// ```
///
/// An epoch is granted once. What must survive a restart is in `CoordinationMemory`.
struct Vote {
  /// The highest epoch that was granted here, and to whom.
  private(set) var epoch: UInt64
  private(set) var claimant: NodeID
  /// Nobody else gets a grant before this.
  private(set) var until = Instant.zero
  /// The seats as they were at the last grant; nil before the first.
  private(set) var seats: SeatList?
  /// A process that has just started may have promised something in its life before: it grants nothing until that has run out.
  let abstainsUntil: Instant

  init(memory: CoordinationMemory?, abstainsUntil: Instant) {
    epoch = memory?.grantedEpoch ?? 0
    claimant = memory?.grantedTo ?? .unknown
    seats = memory?.seats
    self.abstainsUntil = abstainsUntil
  }

  /// What is answered to a request.
  ///
  /// - Parameters:
  ///   - seat: the hash of this node's name.
  ///   - knowsReigns: whether this node has ever followed one under this quorum: then there are seats, and no list is the first.
  ///   - followed: the highest epoch that this node has followed, and whose it was.
  func verdict(
    on request: LeaseRequest, by claimant: NodeID, seat: UInt64, knowsReigns: Bool,
    followed: (epoch: UInt64, coordinator: NodeID?),
    now: Instant
  ) -> LeaseVerdict {
    guard request.seats.contains(seat) else { return .notSeated }
    if let seats {
      guard request.seats.replaces(seats, isHeld: request.isHeld) else { return .otherSeats }
    } else if request.isFirst, knowsReigns {
      return .otherSeats
    }
    guard now >= abstainsUntil else { return .abstains }
    guard claimant == self.claimant || now >= until else { return .promised }
    guard request.epoch > epoch || request.epoch == epoch && claimant == self.claimant,
      request.epoch > followed.epoch || request.epoch == followed.epoch && claimant == followed.coordinator
    else { return .epochIsOver }
    return .granted
  }

  /// Promises; true when something has changed that must survive a restart.
  mutating func grant(_ request: LeaseRequest, to claimant: NodeID, until: Instant) -> Bool {
    let hasChanged = request.epoch != epoch || claimant != self.claimant || request.seats != seats
    epoch = request.epoch
    self.claimant = claimant
    seats = request.seats
    self.until = until
    return hasChanged
  }

  /// Takes over a list of seats that is newer than the one that is known.
  mutating func adopt(_ seats: SeatList) { self.seats = seats }

  /// Its claimant needs the promise no longer.
  mutating func release(_ epoch: UInt64, by claimant: NodeID) {
    if self.epoch == epoch, self.claimant == claimant { until = .zero }
  }
}
